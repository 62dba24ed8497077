import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { isCheckout, packageRoot, packageVersion } from './package-root.ts'

/**
 * How a workspace in `folder` depends on this package, so that it can be installed there: by path where this is a
 * checkout, from where it was installed where that was a file or an address, else by version.
 */
export function ownDependency(folder: string, root: string = packageRoot()): string {
  if (isCheckout(root)) return byPath(folder, root)
  const [project] = root.split(`${sep}node_modules${sep}`)
  const origin = project === undefined ? undefined : (lockedOrigin(project) ?? writtenOrigin(project))
  if (project === undefined || origin === undefined) return `^${packageVersion()}`
  const [, path] = /^(?:file|link):(.*)$/.exec(origin) ?? []
  if (path === undefined) return origin
  const installed = resolve(project, path)
  // Where the file it came from has gone, what is left is what was installed.
  return byPath(folder, existsSync(installed) ? installed : root)
}

function byPath(folder: string, target: string): string {
  const path = relative(realpathSync(folder), realpathSync(target)).split(sep).join('/')
  return `file:${path === '' ? '.' : path}`
}

const isElsewhere = (origin: unknown): origin is string =>
  typeof origin === 'string' && /^(?:file|link|https?|git[+:]|github:)/.test(origin)

/** What npm has noted down of an installation, which need not be in package.json; undefined for the registry. */
function lockedOrigin(project: string): string | undefined {
  const lock = readJson(join(project, 'node_modules', '.package-lock.json'))
  const { resolved, version } = lock?.packages?.['node_modules/webstir-jobs'] ?? {}
  // A registry's addresses end alike, whichever registry it is.
  if (typeof resolved === 'string' && resolved.endsWith(`/-/webstir-jobs-${version}.tgz`)) return undefined
  return isElsewhere(resolved) ? resolved : undefined
}

/** What the package.json of the project says that this package is installed in. */
function writtenOrigin(project: string): string | undefined {
  for (let at = project; ; at = dirname(at)) {
    const root = readJson(join(at, 'package.json'))
    const written = root?.dependencies?.['webstir-jobs'] ?? root?.devDependencies?.['webstir-jobs']
    if (written !== undefined) return isElsewhere(written) ? written : undefined
    if (dirname(at) === at || root !== undefined) return undefined
  }
}

interface PackageText {
  readonly packages?: Readonly<Record<string, { readonly resolved?: unknown; readonly version?: unknown }>>
  readonly dependencies?: Readonly<Record<string, unknown>>
  readonly devDependencies?: Readonly<Record<string, unknown>>
}

function readJson(path: string): PackageText | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof read === 'object' && read !== null ? read : undefined
  } catch {
    return undefined
  }
}
