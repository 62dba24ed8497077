import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { CommandError } from '../command-line/errors.ts'

export const DEFAULT_JOBS_DIR = 'src/backend/jobs'

/**
 * The folder of a workspace's jobs, relative to it: `webstir.jobsDir` in package.json, by default src/backend/jobs. A
 * package.json that can't be read has the default; what needs more of it reports what is wrong. Throws
 * CommandError JOBS_DIR.
 */
export function jobsDirOf(workspace: string): string {
  const text = textOf(join(workspace, 'package.json'))
  // Most workspaces don't name one, and then nothing is parsed.
  if (!text.includes('"jobsDir"')) return DEFAULT_JOBS_DIR
  let root: { webstir?: { jobsDir?: unknown } | null } | null
  try {
    root = JSON.parse(text)
  } catch {
    return DEFAULT_JOBS_DIR
  }
  const given = root?.webstir?.jobsDir
  return given === undefined ? DEFAULT_JOBS_DIR : checkedJobsDir('package.json: webstir.jobsDir', given)
}

/** The folder as it is kept: relative, `/` between segments, none at the end. `place`: where it is written. */
export function checkedJobsDir(place: string, given: unknown): string {
  const path = typeof given === 'string' ? posix.normalize(given.replaceAll('\\', '/')).replace(/^\.\/|\/$/g, '') : ''
  if (path === '' || path === '.' || path.startsWith('..') || path.startsWith('/') || /^[a-z]:/i.test(path)) {
    throw new CommandError(
      'JOBS_DIR',
      `${place} is ${JSON.stringify(given)}, which names no folder below the workspace`,
      {
        hint: `write a relative path, such as "${DEFAULT_JOBS_DIR}"`,
      },
    )
  }
  return path
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
