import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import type { Metafile } from 'esbuild'
import { type Diagnostic, warning } from './diagnostics.ts'

/*
 * What sources name by `new URL('./mail.html', import.meta.url)` is copied to build/backend/assets, and the built text
 * names it there. esbuild itself leaves such a URL as it is, and it would then be relative to the wrong file.
 */

/** A file or folder that sources name. */
interface Asset {
  /** Relative to the workspace. */
  readonly source: string
  /** Under build/backend; a folder's without the slash. */
  readonly target: string
  /** Relative to the workspace; of a folder, all files in it. */
  readonly files: readonly string[]
}

export interface Assets {
  /** Source that names -> what it names, as written -> asset. */
  readonly bySource: ReadonlyMap<string, ReadonlyMap<string, Asset>>
  readonly warnings: readonly Diagnostic[]
}

const NAMED = /new\s+URL\(\s*(["'`])(\.{1,2}\/[^"'`$\\]+)\1\s*,\s*import\.meta\.url\s*,?\s*\)/g
const CODE = /\.[cm]?[jt]sx?$/

/** Looks into the sources that were bundled, packages excepted. */
export function findAssets(workspace: string, { inputs }: Pick<Metafile, 'inputs'>): Assets {
  const bySource = new Map<string, ReadonlyMap<string, Asset>>()
  const warnings: Diagnostic[] = []
  for (const source of Object.keys(inputs)) {
    if (!CODE.test(source) || source.includes('node_modules/')) continue
    const bytes = readFileSync(join(workspace, source))
    if (!bytes.includes('import.meta.url')) continue
    const named = new Map<string, Asset>()
    for (const [, , written = ''] of bytes.toString('utf8').matchAll(NAMED)) {
      const path = posix.join(posix.dirname(source), written)
      const asset = assetAt(workspace, path)
      if (asset === null) continue
      if (!CODE.test(path)) named.set(written, asset)
      else
        warnings.push(
          warning(`${written} is code, which is not built where a URL names it`, 'import it instead', source),
        )
    }
    if (named.size > 0) bySource.set(source, named)
  }
  return { bySource, warnings }
}

/** Null where there is nothing yet: a job may well name what it is about to write. */
function assetAt(workspace: string, path: string): Asset | null {
  const found = statSync(join(workspace, path), { throwIfNoEntry: false })
  if (found === undefined || path.startsWith('../')) return null
  const source = path.replace(/\/$/, '')
  const hash = createHash('sha256').update(source)
  const files = found.isDirectory() ? filesIn(workspace, source) : [source]
  for (const file of files) hash.update(file).update(readFileSync(join(workspace, file)))
  const digest = hash.digest('hex').slice(0, 8).toUpperCase()
  const [, stem = '', extension = ''] = /^(.+?)(\.[^.]*)?$/.exec(basename(source)) ?? []
  return { source, target: `assets/${stem}-${digest}${extension}`, files }
}

function filesIn(workspace: string, folder: string): string[] {
  return readdirSync(join(workspace, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(folder, entry.parentPath.slice(join(workspace, folder).length), entry.name))
    .sort()
}

/** Where the files of all assets go: path under build/backend -> file, relative to the workspace. */
export function assetFiles({ bySource }: Assets): Map<string, string> {
  const files = new Map<string, string>()
  for (const named of bySource.values()) {
    for (const { source, target, files: own } of named.values()) {
      for (const file of own) files.set(target + file.slice(source.length), file)
    }
  }
  return files
}

/** The text of an output with its assets named where they are. esbuild writes the source above what came from it. */
export function withAssets(path: string, text: string, { bySource }: Assets): string {
  const up = '../'.repeat(path.split('/').length - 1) || './'
  let named: ReadonlyMap<string, Asset> | undefined
  const place = (line: string): string => {
    if (line.startsWith('// '))
      named = bySource.get(line.slice(3)) ?? (/^\/\/ \S+\.\w+$/.test(line) ? undefined : named)
    if (named === undefined || !line.includes('import.meta.url')) return line
    const those = named
    return line.replace(NAMED, (whole, quote: string, written: string) => {
      const asset = those.get(written)
      if (asset === undefined) return whole
      return `new URL(${quote}${up}${asset.target}${written.endsWith('/') ? '/' : ''}${quote}, import.meta.url)`
    })
  }
  return text.split('\n').map(place).join('\n')
}

/** The metafile with assets among the inputs of the sources that name them: a change of one makes a build stale. */
export function withAssetInputs(metafile: Metafile, { bySource }: Assets): Metafile {
  if (bySource.size === 0) return metafile
  const inputs = { ...metafile.inputs }
  for (const [source, named] of bySource) {
    const files = [...named.values()].flatMap((asset) => asset.files)
    for (const file of files) inputs[file] ??= { bytes: 0, imports: [] }
    const input = inputs[source]
    const imports = files.map((path) => ({ path, kind: 'url-token' as const }))
    if (input !== undefined) inputs[source] = { ...input, imports: [...input.imports, ...imports] }
  }
  return { ...metafile, inputs }
}
