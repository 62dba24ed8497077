import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, type JsonObject, type JsonValue } from '../../runtime/support/json.ts'
import { lookWithin, type NewFile } from './files.ts'
import { DEFAULT_JOBS_DIR } from './jobs-dir.ts'
import { addMissing } from './package-json.ts'
import { workspaceFiles } from './templates.ts'

/** Something that is added to package.json. */
export interface Addition {
  /** Keys from the root on. */
  readonly path: readonly string[]
  readonly value: JsonValue
}

/** What makes a workspace out of a project that is there already. Nothing that is there is changed. */
export interface MergePlan {
  /** The whole text of package.json with the additions. */
  readonly packageJson: string
  readonly additions: readonly Addition[]
  readonly files: readonly NewFile[]
  /** What stays as it is although a new workspace would have it otherwise: one sentence each. */
  readonly left: readonly string[]
}

export interface MergeRequest {
  /** Absolute path of the project. */
  readonly folder: string
  /** Text of its package.json. */
  readonly text: string
  readonly name: string
  readonly timezone: string
  /** How it is to depend on webstir-jobs. */
  readonly dependency: string
  readonly jobsDir: string
  /** With npm in the folder of its lock file, which is where npm reads `allowScripts`. */
  readonly allowsScripts: boolean
}

/** Plans what to add. Reads files and writes none. */
export function planMerge(request: MergeRequest): MergePlan {
  const { text, name, timezone, dependency } = request
  const root: JsonValue = JSON.parse(text.replace(/^\ufeff/, ''))
  const template = workspaceFiles({ name, timezone, dependency })
  const written = isObject(root) ? root : {}
  const { additions, left } = planPackageJson(written, template, request)
  const files = planFiles(request, template, written.webstir !== undefined, left)
  return { packageJson: addMissing(text, additions), additions, files, left }
}

function planPackageJson(
  root: JsonObject,
  template: readonly NewFile[],
  { timezone, jobsDir, allowsScripts }: MergeRequest,
): { additions: Addition[]; left: string[] } {
  const ours: JsonObject = JSON.parse(template.find(({ path }) => path === 'package.json')?.text ?? '{}')
  const additions: Addition[] = []
  const left: string[] = []
  const add = (path: readonly string[], value: JsonValue): void => {
    if (valueAt(root, path) === undefined) additions.push({ path, value })
  }
  for (const [script, ownName] of [
    ['jobs', 'jobs'],
    ['jobs:build', 'build'],
    ['jobs:watch', 'watch'],
  ] as const) {
    const value = valueAt(ours, ['scripts', ownName]) ?? ''
    const there = valueAt(root, ['scripts', script])
    if (there === undefined) add(['scripts', script], value)
    else if (there !== value) left.push(`package.json: scripts.${script} stays ${show(there)}; ours is ${show(value)}`)
  }
  add(['webstir', 'mode'], 'api')
  if (jobsDir !== DEFAULT_JOBS_DIR) add(['webstir', 'jobsDir'], jobsDir)
  if (valueAt(root, ['webstir', 'moduleManifest']) === undefined) add(['webstir', 'module'], { jobs: [] })
  add(['webstir', 'scheduler'], { timezone })
  const sections = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
  for (const section of ['dependencies', 'devDependencies'] as const) {
    const packages = valueAt(ours, [section])
    for (const [name, range] of Object.entries(isObject(packages) ? packages : {})) {
      const there = sections.find((each) => valueAt(root, [each, name]) !== undefined)
      if (there === undefined) add([section, name], range)
      else if (section === 'dependencies' && there === 'devDependencies') {
        left.push(`package.json: ${name} stays among devDependencies; a server needs it among dependencies`)
      }
    }
  }
  if (allowsScripts) add(['allowScripts', 'esbuild'], false)
  return { additions, left }
}

/**
 * The files that are missing. Those of src/backend/db belong together: where one of the project's own is in the
 * way, none of ours is written. `isWorkspace`: the project was one already.
 */
function planFiles(
  { folder, jobsDir }: MergeRequest,
  template: readonly NewFile[],
  isWorkspace: boolean,
  left: string[],
): NewFile[] {
  const isThere = (path: string): boolean => lookWithin(folder, path.split('/')) !== undefined
  const isOurs = ({ path, text }: NewFile): boolean =>
    isThere(path) && readFileSync(join(folder, path), 'utf8') === text
  const isTaken = (file: NewFile): boolean => !isOurs(file) && withAnyExtension(file.path).some(isThere)
  const ownClient = template.some((file) => file.path.startsWith(DATABASE) && isTaken(file))
  const files: NewFile[] = []
  for (const file of template) {
    const { path, text } = file
    if (path === 'package.json' || path === 'README.md' || isOurs(file)) continue
    if (path === 'tsconfig.json') {
      if (!isThere(path)) files.push({ path, text: withIncluded(text, jobsDir) })
      else if (!isWorkspace) files.push(...planTypes(withIncluded(text, jobsDir), isThere, left))
    } else if (path === '.gitignore' && isThere(path)) left.push(...missingIgnores(folder, text))
    else if (path.startsWith(DATABASE) ? !ownClient : !isTaken(file)) files.push(file)
    else if (path === '.env.example') left.push('.env.example stays; see DATABASE_URL and JOBS_STORE_URL in the docs')
  }
  if (ownClient) {
    left.push(`${DATABASE} stays; ctx.database calls createDatabaseClient() of ${DATABASE}connection`)
  }
  return files
}

const DATABASE = 'src/backend/db/'

function withAnyExtension(path: string): string[] {
  if (!path.endsWith('.ts')) return [path]
  return ['ts', 'tsx', 'js', 'mjs', 'cjs'].map((extension) => path.replace(/ts$/, extension))
}

/** Beside a tsconfig.json of the project's own, ours is that of src/backend alone. */
function planTypes(text: string, isThere: (path: string) => boolean, left: string[]): NewFile[] {
  const path = 'src/backend/tsconfig.json'
  if (isThere(path)) return []
  left.push(
    `tsconfig.json stays; "webstir build" checks types with ${path}, so "exclude" src/backend where yours complains`,
  )
  const rebased = text.replace(/"include": \["src"(.*)\]/, (_, more: string) => {
    return `"include": ["**/*"${more.replace('"', '"../../')}]`
  })
  return [{ path, text: rebased }]
}

/** The text of a tsconfig.json that takes in jobs which are not under `src`. */
export function withIncluded(text: string, jobsDir: string): string {
  if (jobsDir.startsWith('src/backend/')) return text
  return text.replace('"include": ["src"]', `"include": ["src", "${jobsDir}"]`)
}

function missingIgnores(folder: string, template: string): string[] {
  const there = readFileSync(join(folder, '.gitignore'), 'utf8').split(/\r?\n/)
  const bare = (line: string): string => line.trim().replace(/^\/|\/$/g, '')
  const known = new Set(there.map(bare))
  const missing = template.split('\n').filter((line) => line !== '' && !known.has(bare(line)))
  return missing.length === 0 ? [] : [`.gitignore stays; it does not have ${missing.join(', ')}`]
}

function valueAt(root: JsonObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    root,
  )
}

const show = (value: JsonValue): string => JSON.stringify(value)
