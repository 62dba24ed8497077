import { AsyncLocalStorage } from 'node:async_hooks'
import { format } from 'node:util'
import type { Enqueue } from '../job/enqueue.ts'
import type { Logger } from '../logging/logger.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'

/** What is known, anywhere inside a job's code, of the execution that it belongs to. */
export interface JobScope {
  readonly job: string
  readonly executionId: string
  /** Jobs on the way here, outermost first, this one last. */
  readonly chain: readonly string[]
  log(): Logger
  /** Runs another job for this one; absent where none can be called. */
  readonly call: ((name: string, args: readonly JsonValue[], caller: JobScope) => Promise<unknown>) | undefined
  /** Hands a job over for this one; absent where none can be reached. */
  readonly enqueue?: Enqueue | undefined
  /** Aborted when the execution is. */
  readonly signal: AbortSignal
  /** A rejection or an exception that the job did not handle. */
  onUnhandledError(error: unknown): void
  /** Ends the job's run as failed, also where its own code goes on or catches the error. */
  fail(error: unknown): void
}

interface Shared {
  readonly scopes: AsyncLocalStorage<JobScope>
  isConsoleCaptured: boolean
  isListening: boolean
  isExitGuarded?: boolean
}

/*
 * A process may have two copies of this module: that of the package, for a script or a server, and that of
 * the build, for the jobs. Both have to know which job is running, so what they know lives with the process.
 */
const KEY = Symbol.for('webstir-jobs.frames')
const global = globalThis as { [KEY]?: Shared }
global[KEY] ??= { scopes: new AsyncLocalStorage(), isConsoleCaptured: false, isListening: false }
const shared = global[KEY]
const { scopes } = shared

/** The scope of the job whose code is running; undefined outside of jobs. */
export function currentScope(): JobScope | undefined {
  return scopes.getStore()
}

/**
 * The chain of calls for a job that is started where this code runs. Each tenant's run of a job is part of the same
 * step as the run that fans it out.
 */
export function chainTo(job: string): readonly string[] {
  const chain = currentScope()?.chain ?? []
  return chain.at(-1) === job ? chain : [...chain, job]
}

export function runInScope<Result>(scope: JobScope, work: () => Result): Result {
  return scopes.run(scope, work)
}

/**
 * Does something on behalf of no job, though a job's code set it off: what runs later because of it (timers, other
 * jobs) then doesn't belong to that job by accident.
 */
export function outsideScope<Result>(work: () => Result): Result {
  return scopes.exit(work)
}

const CONSOLE_LEVELS = {
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
  trace: 'debug',
} as const

/** From now on, what a job writes with `console` goes to its own log; elsewhere `console` is as it was. Idempotent. */
export function captureConsole(): void {
  if (shared.isConsoleCaptured) return
  shared.isConsoleCaptured = true
  for (const [method, level] of Object.entries(CONSOLE_LEVELS) as [keyof typeof CONSOLE_LEVELS, 'info'][]) {
    const original = console[method].bind(console)
    console[method] = (...values: unknown[]) => {
      const scope = scopes.getStore()
      if (scope === undefined) return original(...values)
      scope.log()[level]('%s', format(...values))
    }
  }
}

/**
 * From now on, `process.exit()` in a job's code fails that job instead of ending the process with everything else that
 * runs in it; outside of jobs it is as it was. Idempotent. `process.abort`, `process.reallyExit`, signals that a job sends
 * to its own process and exits in native code are not covered: what they leave behind is recovered like after a crash.
 */
export function guardExit(): void {
  if (shared.isExitGuarded === true) return
  shared.isExitGuarded = true
  const original = process.exit.bind(process)
  process.exit = (code?: number | string | null): never => {
    const scope = scopes.getStore()
    if (scope === undefined) return original(code)
    const error = new JobExitError(scope.job, code)
    scope.fail(error)
    throw error
  }
}

/** A job has called `process.exit()` in a process that is not its own. */
export class JobExitError extends JobsError {
  constructor(job: string, code: number | string | null | undefined) {
    const call = `process.exit(${code ?? ''})`
    super(
      'JOB_CALLED_EXIT',
      `job "${job}" called ${call}, which would end all that runs in this process; return from run() to succeed, or throw to fail`,
      { hint: 'set "isolation": "process" where the code cannot be changed' },
    )
  }
}

type UnhandledErrorListener = (error: unknown) => void
let onForeign: UnhandledErrorListener | undefined

/**
 * From now on, a rejection or an exception that a job did not handle is attributed to that job and the process lives on.
 * One that belongs to no job goes to `foreign`; without one, Node and the program's other listeners handle it
 * as they would without us. Idempotent; the newest `foreign` counts.
 */
export function captureUnhandledErrors(foreign?: UnhandledErrorListener): void {
  onForeign = foreign ?? onForeign
  if (shared.isListening) return
  shared.isListening = true
  process.on('unhandledRejection', onRejection)
  process.on('uncaughtException', onException)
}

function onRejection(error: unknown): void {
  onUnhandled(error, 'unhandledRejection')
}

function onException(error: unknown): void {
  onUnhandled(error, 'uncaughtException')
}

function onUnhandled(error: unknown, event: 'unhandledRejection' | 'uncaughtException'): void {
  const scope = scopes.getStore()
  const listener =
    scope === undefined ? onForeign : (onUnhandledError: unknown) => scope.onUnhandledError(onUnhandledError)
  listener?.(error)
  if (listener !== undefined || process.listenerCount(event) > 1) return
  // Thrown without a listener, it ends the process as Node ends it: with the error's own stack.
  process.off('unhandledRejection', onRejection)
  process.off('uncaughtException', onException)
  throw error
}
