import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Logger } from '../logging/logger.ts'
import type { Job } from '../manifest/types.ts'
import type { ErrorRecord, Execution } from '../store/execution.ts'
import { builtin } from '../support/builtin.ts'
import type { Clock } from '../support/clock.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import { readThrown } from '../support/thrown.ts'
import type { AbortedError } from './abort.ts'
import { hasProcessGroups, notStarted, signalTree } from './child-process.ts'
import { chainTo, type JobScope, runInScope } from './job-scope.ts'
import { errorRecord } from './outcome.ts'
import type { AttemptBody, CodeEnd, IsolatedRun, WorkerServices } from './services.ts'

/** Messages to a child process. */
export type ToChild =
  | { readonly kind: 'start'; readonly execution: Execution; readonly job: Job; readonly workspace: ChildWorkspace }
  | ({ readonly kind: 'called' } & CallAnswer)
  | { readonly kind: 'abort'; readonly cause: AbortedError['abortCause']; readonly message: string }

/** Messages from a child process. */
export type FromChild =
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'progress'; readonly percent: number; readonly message: string | null }
  | { readonly kind: 'end'; readonly end: 'returned' }
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
        void answerCall(message, run.call).then((answer) => send({ kind: 'called', ...answer }))
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
      return { kind: 'returned' }
    case 'skipped':
      return { kind: 'skipped', reason: message.reason }
    case 'threw':
      return { kind: 'threw', error: revived(message) }
  }
}

/** The answer to a child process that asked for a job to be run; `thrown` null: it succeeded. */
export interface CallAnswer {
  readonly call: number
  readonly thrown: ThrownRecord | null
}

export interface CallRequest {
  /** Tells the calls of one child apart. */
  readonly call: number
  readonly name: string
  readonly args: readonly JsonValue[]
}

export type RelayedCall = (name: string, args: readonly JsonValue[]) => Promise<void>

/**
 * Runs jobs here for the code of an execution in a child process: as its children, in its slot, and with
 * the chain of calls that led to it. Undefined where no job can be called.
 */
export function relayedCall(
  { id, job }: Execution,
  { call }: Pick<WorkerServices, 'call'>,
  logger: () => Logger,
  signal: AbortSignal,
): RelayedCall | undefined {
  if (call === undefined) return undefined
  const onUnhandledError = (error: unknown): void => logger().error({ err: error }, 'an error that nothing handled')
  const about = { job, executionId: id, chain: chainTo(job), log: logger }
  const scope: JobScope = { ...about, call, signal, onUnhandledError, fail: onUnhandledError }
  return (name, args) => runInScope(scope, () => call(name, args, scope))
}

/** Runs what a child asked for, and says how it went. Never rejects. */
export async function answerCall({ call, name, args }: CallRequest, run: RelayedCall | undefined): Promise<CallAnswer> {
  try {
    if (run === undefined) throw new Error(`job "${name}" can't be called from here`)
    await run(name, args)
    return { call, thrown: null }
  } catch (error) {
    return { call, thrown: thrownRecord(error) }
  }
}

/** The child's side: calls that are under way, each settled by its answer. */
export class PendingCalls {
  readonly #pending = new Map<number, (answer: CallAnswer) => void>()
  #last = 0

  constructor(private readonly ask: (request: CallRequest) => void) {}

  /** Resolves when the job has succeeded; rejects with its error. */
  run(name: string, args: readonly JsonValue[]): Promise<void> {
    const call = ++this.#last
    return new Promise((resolve, reject) => {
      this.#pending.set(call, ({ thrown }) => (thrown === null ? resolve() : reject(revived(thrown))))
      this.ask({ call, name, args })
    })
  }

  answered(answer: CallAnswer): void {
    this.#pending.get(answer.call)?.(answer)
    this.#pending.delete(answer.call)
  }
}

/** Whatever was thrown, in a form that goes from one process to another. */
export interface ThrownRecord {
  readonly name: string
  readonly error: ErrorRecord
  readonly hint?: string
  /** Of a RetryableError. */
  readonly retryAfter?: JsonValue
  /** No other attempt is to be made. */
  readonly isFinal?: boolean
}

export function thrownRecord(thrown: unknown): ThrownRecord {
  const error = errorRecord(thrown)
  const { isError, name, text, value } = readThrown(thrown)
  if (!isError) return { name, error }
  const hint = text('hint')
  const retryAfter = value('retryAfter')
  return {
    name,
    error,
    ...(hint === undefined ? {} : { hint }),
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
    ...(value('isFinal') === true ? { isFinal: true } : {}),
  }
}

/** The error as one of this process, with its name, code and stack. */
export function revived({ name, error, hint, retryAfter, isFinal }: ThrownRecord): Error {
  const copy = Object.assign(new Error(error.message), { name, code: error.code, hint, retryAfter, isFinal })
  if (error.stack !== null) copy.stack = error.stack
  return copy
}
