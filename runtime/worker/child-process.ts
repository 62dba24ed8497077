import type { ChildProcess } from 'node:child_process'
import { builtin } from '../support/builtin.ts'
import type { Env } from '../support/env.ts'
import { JobsError, messageOf } from '../support/errors.ts'

/** Whether a child can be the leader of a group that is signalled as a whole, with all that it has started. */
export const hasProcessGroups = process.platform !== 'win32'

/** Linux hands no longer variable to a new process, in bytes, its name and NUL included (MAX_ARG_STRLEN). */
const LONGEST_VARIABLE = 131_072

/** Signals a child and everything that it has started. One that is gone already is left alone. */
export function signalTree(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child
  if (pid === undefined) return
  if (!hasProcessGroups) {
    // Without groups, the platform's own tool walks the tree. It can only kill; the child was asked to stop through its channel.
    if (signal === 'SIGKILL' && child.exitCode === null && child.signalCode === null) {
      builtin('node:child_process')
        .spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' })
        .unref()
    }
    return
  }
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: nothing of the group is left.
  }
}

/** In a child: ends it at once, with all that its job has started. */
export function killOwnTree(): void {
  if (!hasProcessGroups) killTree(process.pid)
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    // Started by something else, not as the leader of a group.
    process.kill(process.pid, 'SIGKILL')
  }
}

function killTree(pid: number): void {
  builtin('node:child_process').spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' })
}

/** Why the child of an isolated job could not be started at all. */
export function notStarted(job: string, env: Env, cause: unknown): JobsError {
  const long = Object.entries(env).filter(
    ([name, value]) => Buffer.byteLength(`${name}=${value ?? ''}`) >= LONGEST_VARIABLE,
  )
  const names = long.map(([name]) => name).join(', ')
  return new JobsError(
    'JOB_PROCESS_NOT_STARTED',
    `the process of job "${job}" could not be started: ${messageOf(cause)}`,
    {
      hint:
        names === ''
          ? 'check the limits of this machine on processes, memory and open files'
          : `shorten ${names} in the environment or in .env, or put the value into a file: a variable of 128 KB or more can't be handed to a process`,
      cause,
    },
  )
}
