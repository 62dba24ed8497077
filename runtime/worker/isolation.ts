import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Job } from '../manifest/types.ts'
import type { Execution } from '../store/execution.ts'
import { builtin } from '../support/builtin.ts'
import type { Clock } from '../support/clock.ts'
import { JobsError } from '../support/errors.ts'
import type { AbortedError } from './abort.ts'
import { hasProcessGroups, notStarted, signalTree } from './child-process.ts'
import { answerCall, type CallAnswer, type CallRequest } from './relayed-calls.ts'
import type { AttemptBody, CodeEnd, IsolatedRun } from './services.ts'
import { revived, type ThrownRecord } from './thrown-record.ts'

/** Messages to a child process. */
export type ToChild =
  | { readonly kind: 'start'; readonly execution: Execution; readonly job: Job; readonly workspace: ChildWorkspace }
  | ({ readonly kind: 'called' } & CallAnswer)
  | { readonly kind: 'abort'; readonly cause: AbortedError['abortCause']; readonly message: string }

/** Messages from a child process. */
export type FromChild =
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'progress'; readonly percent: number; readonly message: string | null }
  | { readonly kind: 'end'; readonly end: 'returned'; readonly result?: string }
  | { readonly kind: 'end'; readonly end: 'skipped'; readonly reason: string }
  | ({ readonly kind: 'call' } & CallRequest)
  | ({ readonly kind: 'end'; readonly end: 'threw' } & ThrownRecord)

/** Where the child finds the job, and the store for its pre-check. */
export interface ChildWorkspace {
  /** Absolute path of build/backend. */
  readonly build: string
  /** Absolute path of the workspace. */
  readonly root: string
  readonly storeUrl: string
  /** Names and paths that its log redacts beside the usual. */
  readonly redact: readonly string[]
}

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url))
/** From SIGTERM to SIGKILL, in ms. */
const KILL_AFTER = 5000

/** Runs attempts in child processes: whatever the job does there, this process lives on. */
export function processIsolation(workspace: ChildWorkspace, clock: Clock): (run: IsolatedRun) => AttemptBody {
  return (run) => {
    let child: ChildProcess
    try {
      child = builtin('node:child_process').fork(CHILD, [String(process.pid)], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        serialization: 'json',
        detached: hasProcessGroups,
      })
    } catch (cause) {
      const error = notStarted(run.execution.job, process.env, cause)
      return { ended: Promise.resolve({ kind: 'threw', error }), abort: () => {} }
    }
    endWithThisProcess(child)
    const send = (message: ToChild): void => {
      if (child.connected) child.send(message, () => {})
    }
    send({ kind: 'start', execution: run.execution, job: run.job, workspace })
    let abortedBy: AbortedError | undefined
    return {
      ended: endOf(child, run, send, () => abortedBy),
      abort(reason) {
        abortedBy = reason
        send({ kind: 'abort', cause: reason.abortCause, message: reason.message })
        signalTree(child, 'SIGTERM')
        const kill = clock.after(KILL_AFTER, () => signalTree(child, 'SIGKILL'), { unref: true })
        // What the job started itself may have stayed when it ended.
        child.once('exit', () => {
          kill.cancel()
          signalTree(child, 'SIGKILL')
        })
      },
    }
  }
}

/** A child that is still there when this process leaves is ended with it: its outcome could not be recorded any more. */
function endWithThisProcess(child: ChildProcess): void {
  // Without an id it has not been started; it then emits an error, and never an exit.
  if (child.pid === undefined) return
  const end = (): void => signalTree(child, 'SIGKILL')
  process.on('exit', end)
  child.once('exit', () => process.off('exit', end))
}

function endOf(
  child: ChildProcess,
  run: IsolatedRun,
  send: (message: ToChild) => void,
  aborted: () => AbortedError | undefined,
): Promise<CodeEnd> {
  return new Promise((resolve) => {
    let reported: CodeEnd | undefined
    child.on('message', (message: FromChild) => {
      if (message.kind === 'log') run.writeLine(message.line)
      else if (message.kind === 'progress') run.progress(message.percent, message.message)
      else if (message.kind === 'call') {
        void answerCall(message, run.calls).then((answer) => send({ kind: 'called', ...answer }))
      } else reported = codeEnd(message)
    })
    child.on('error', (error) => {
      reported ??= { kind: 'threw', error }
      resolve(reported)
    })
    // `close` comes after the last message, `exit` may come before it.
    child.on('close', (code, signal) => {
      resolve(reported ?? { kind: 'threw', error: aborted() ?? died(run.execution.job, code, signal) })
    })
  })
}

function died(job: string, code: number | null, signal: NodeJS.Signals | null): JobsError {
  const how = signal === null ? `called process.exit(${code}) or ended early` : `was ended by ${signal}`
  return new JobsError('JOB_PROCESS_DIED', `the process of job "${job}" ${how} before run() had returned`, {
    hint:
      signal === 'SIGKILL'
        ? 'the machine may have run out of memory'
        : 'return from run() instead of leaving the process',
  })
}

function codeEnd(message: Extract<FromChild, { kind: 'end' }>): CodeEnd {
  switch (message.end) {
    case 'returned':
      return { kind: 'returned', ...(message.result === undefined ? {} : { result: message.result }) }
    case 'skipped':
      return { kind: 'skipped', reason: message.reason }
    case 'threw':
      return { kind: 'threw', error: revived(message) }
  }
}
