import picocolors from 'picocolors'
import { messageOf } from '../../runtime/support/errors.ts'
import { type Streams, wantsColor } from './output.ts'

/**
 * Says what went wrong in one line and what to do in another, on standard error, and returns the exit code. The
 * stack is shown only with `DEBUG=webstir`.
 *
 * Errors are known by what they hold: each command is a bundle of its own, with its own copies of their classes.
 */
export function reportError(error: unknown, { stderr, env }: Pick<Streams, 'stderr' | 'env'>): number {
  if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') return error.exitCode
  const color = picocolors.createColors(wantsColor(stderr, env))
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const hint = error instanceof Error && 'hint' in error ? (error.hint ?? SEE_WHERE) : (REMEDIES[code] ?? BUG)
  stderr.write(`${color.red('Error:')} ${messageOf(error)}\n${color.cyan('Hint:')} ${hint}\n`)
  if (wantsStack(env) && error instanceof Error) stderr.write(`${stackOf(error)}\n`)
  return EXIT_CODES[code] ?? 1
}

/** JobLockedError's is EX_TEMPFAIL of sysexits.h, "try again later", as with the built scheduler. */
const EXIT_CODES: Readonly<Record<string, number>> = { USAGE: 2, JOB_LOCKED: 75 }

const SEE_WHERE = 'set DEBUG=webstir to see where it comes from'
const BUG = `this should not happen; ${SEE_WHERE}`

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

/** `DEBUG` is a list by convention: `webstir`, `webstir,http`, `*`. */
function wantsStack(env: Streams['env']): boolean {
  return (env.DEBUG ?? '').split(/[\s,]+/).some((name) => name === 'webstir' || name === '*')
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
