import picocolors from 'picocolors'
import { JobsError, messageOf } from '../../runtime/errors.ts'
import { ExitError, UsageError } from './errors.ts'
import type { Streams } from './output.ts'
import { wantsColor } from './wants-color.ts'

/** sysexits.h's EX_TEMPFAIL: try again later. The built scheduler uses it for the same. */
const LOCKED = 75

/**
 * Says what went wrong in one line and what to do in another, on standard error, and returns the exit code. The
 * stack is shown only with `DEBUG=webstir`.
 */
export function explain(error: unknown, { stderr, env }: Pick<Streams, 'stderr' | 'env'>): number {
  if (error instanceof ExitError) return error.exitCode
  const color = picocolors.createColors(wantsColor(stderr, env))
  const { message, hint } = inWords(error)
  stderr.write(`${color.red('Error:')} ${message}\n${color.cyan('Hint:')} ${hint}\n`)
  if (wantsStack(env) && error instanceof Error) stderr.write(`${stackOf(error)}\n`)
  if (error instanceof UsageError) return 2
  return error instanceof JobsError && error.code === 'JOB_LOCKED' ? LOCKED : 1
}

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'you may not read or write there; check the permissions',
  EPERM: 'you may not read or write there; check the permissions',
  EROFS: 'the disk can only be read; use a workspace on another one',
  ENOSPC: 'the disk is full; make room and try again',
  EFBIG: 'the limit on the size of files is too low; raise it (ulimit -f)',
  EDQUOT: 'your share of the disk is used up; make room and try again',
  EMFILE: 'too many files are open; raise the limit (ulimit -n) or try again later',
  ENOENT: 'a file or folder that should be there is missing; check the path',
}

function inWords(error: unknown): { message: string; hint: string } {
  const message = messageOf(error)
  if (error instanceof JobsError) {
    return { message, hint: error.hint ?? 'set DEBUG=webstir to see where it comes from' }
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return { message, hint: REMEDIES[code] ?? 'this should not happen; set DEBUG=webstir to see where it comes from' }
}

/** `DEBUG` is a list by convention: `webstir`, `webstir,http`, `*`. */
function wantsStack(env: Streams['env']): boolean {
  return (env.DEBUG ?? '').split(/[\s,]+/).some((name) => name === 'webstir' || name === '*')
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
