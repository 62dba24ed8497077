import picocolors from 'picocolors'
import { messageOf } from '../../runtime/support/errors.ts'
import { type Streams, wantsColor } from './output.ts'

/**
 * Reports what went wrong in one line and what to do in another, on standard error, and returns the exit code. The
 * stack is shown only with `DEBUG=webstir`.
 *
 * Errors are recognised by their properties: each command is a bundle of its own, with its own copies of their classes.
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
const BUG = `report this as a bug; ${SEE_WHERE}`

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'check the permissions: you may not read or write there',
  EPERM: 'check the permissions: you may not read or write there',
  EROFS: 'use a workspace on another disk: this one is read-only',
  ENOSPC: 'make room and try again: the disk is full',
  EFBIG: 'raise the limit on the size of files (ulimit -f)',
  EDQUOT: 'make room and try again: your share of the disk is used up',
  EMFILE: 'raise the limit on open files (ulimit -n), or try again later',
  ENOENT: 'check the path: a file or folder is missing',
}

/** `DEBUG` is a list by convention: `webstir`, `webstir,http`, `*`. */
function wantsStack(env: Streams['env']): boolean {
  return (env.DEBUG ?? '').split(/[\s,]+/).some((name) => name === 'webstir' || name === '*')
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
