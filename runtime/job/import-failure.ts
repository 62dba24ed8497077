import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PACKAGES_FILE } from '../manifest/load.ts'
import { messageOf } from '../support/errors.ts'

/** Why a job's module could not be imported. */
export interface ImportFailure {
  readonly code: 'JOB_MODULE_MISSING' | 'JOB_PACKAGE_MISSING' | 'JOB_MODULE_THROWS'
  readonly message: string
  readonly hint: string
}

/**
 * Reads the error of `import(url)`. `file`: how people know the module. `build`: absolute path of build/backend, where it is
 * one of a build.
 */
export function importFailure(
  error: unknown,
  { job, url, file, build }: { job: string; url: string; file: string; build?: string },
): ImportFailure {
  const missing = missingPackage(error)
  if (missing !== null) {
    const importer = build === undefined ? undefined : importerOf(build, missing, error)
    const by = importer === undefined ? '' : `, imported by ${importer},`
    return {
      code: 'JOB_PACKAGE_MISSING',
      message: `job "${job}": ${missing}${by} is not installed here`,
      hint: missingHint(missing),
    }
  }
  if (isMissing(error, url)) {
    return {
      code: 'JOB_MODULE_MISSING',
      message: `job "${job}" has no built module at ${file}`,
      hint: `check the job's source, src/backend/jobs/${job}/index.ts by default, and run "webstir build"`,
    }
  }
  return {
    code: 'JOB_MODULE_THROWS',
    message: `job "${job}": ${file} throws while it is loaded: ${messageOf(error)}`,
    hint: 'fix the code at the top level of the module, or of one that it imports; run() was never called',
  }
}

export const missingHint = (name: string): string =>
  `install it where the build runs, or make it part of the build: "webstir": { "build": { "bundle": ["${name}"] } } in package.json`

/** The package that Node did not find, for `import` and `require` alike; null where it is something else. */
export function missingPackage(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  if (error.code === 'ERR_MODULE_NOT_FOUND') return /^Cannot find package '([^']+)'/.exec(error.message)?.[1] ?? null
  if (error.code !== 'MODULE_NOT_FOUND') return null
  return /^Cannot find module '((?:@[^/']+\/)?[^./\\'][^/']*)/.exec(error.message)?.[1] ?? null
}

/** True where it is the module itself that isn't there, not something that it imports. */
function isMissing(error: unknown, url: string): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') return false
  return 'url' in error ? error.url === url : error.message.startsWith(`Cannot find module '${fileURLToPath(url)}'`)
}

/** The source that asked for a package, as far as the build has noted it. `build`: absolute path of build/backend. */
export function importerOf(build: string, name: string, error: unknown): string | undefined {
  try {
    const table: Record<string, Record<string, string>> = JSON.parse(readFileSync(join(build, PACKAGES_FILE), 'utf8'))
    const from = / imported from (.+)$/m.exec(messageOf(error))?.[1] ?? ''
    const output = relative(build, from.startsWith('file:') ? fileURLToPath(from) : from).replaceAll('\\', '/')
    return table[name]?.[output] ?? table[name]?.['*']
  } catch {
    return undefined
  }
}
