import { type Clock, nextTurn } from '../clock.ts'
import type { Env } from '../env.ts'
import type { JsonValue } from '../json.ts'
import { readLogLine } from '../logging/line.ts'
import type { Logger, LogOutput } from '../logging/logger.ts'
import type { Job } from '../manifest/job.ts'
import type { Execution } from '../store/execution.ts'
import type { Store } from '../store/store.ts'
import type { AbortedError } from './abort.ts'
import type { JobContext } from './context.ts'
import { currentFrame, type Frame, runInFrame } from './frame.ts'
import type { JobModule, JobModules } from './job-module.ts'
import { LogBuffer } from './log-buffer.ts'

/** What every attempt of a process is run with. */
export interface Surroundings {
  readonly store: Store
  readonly clock: Clock
  readonly log: LogOutput
  readonly env: Env
  readonly modules: JobModules
  /** Starts an attempt in a child process; absent where there is nothing to start (functions handed over). */
  readonly isolate?: (attempt: IsolatedRun) => AttemptBody
  /** Runs a job for the code of another one. */
  readonly call?: (name: string, args: readonly JsonValue[], caller: Frame) => Promise<void>
}

/** How the code of an attempt ended, before any policy looked at it. */
export type CodeEnd =
  | { readonly kind: 'returned' }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'skipped'; readonly reason: string }

/** The running code of one attempt. */
export interface AttemptBody {
  /** Never rejects. Resolves when the code has really ended. */
  readonly ended: Promise<CodeEnd>
  abort(reason: AbortedError): void
}

/** What a child process needs to be told, and what it may tell. */
export interface IsolatedRun {
  readonly execution: Execution
  readonly job: Job
  /** Takes one of the child's log lines, as its logger made it. */
  writeLine(line: string): void
  progress(percent: number, message: string | null): void
}

/** One attempt in the making: the code runs, and somebody may want it to end. */
export interface Attempt extends AttemptBody {
  /** The first reason for which it was told to end; undefined while nobody did. */
  aborted(): AbortedError | undefined
  /** Calls `listener` once, when it is first told to end; at once where that has happened. */
  onAbort(listener: () => void): void
  /** Resolves when the log so far is in the store. */
  flushLog(): Promise<void>
}

/** A pre-check may hold the store's lock for this long, in ms. */
const PRE_CHECK_LIMIT = 2000

/** Starts the code of an execution that is RUNNING in the store and owned by this process. */
export function startAttempt(execution: Execution, job: Job, around: Surroundings): Attempt {
  const { log } = around
  const buffer = new LogBuffer(around.store, around.clock, execution.id, execution.attempt)
  const keep = (text: string): void => {
    const line = readLogLine(text, `[${execution.job}] `)
    if (line !== null) buffer.add(line)
  }
  const logger = lazy(() => log.forExecution(execution.job, { job: execution.job, executionId: execution.id }, keep))
  const writeLine = (line: string): void => {
    log.relay(line)
    keep(line)
  }
  const progress = (percent: number, message: string | null): void => {
    around.store.setProgress(execution.id, Math.min(100, Math.max(0, percent)), message).catch(() => {})
  }
  let reason: AbortedError | undefined
  let listener: (() => void) | undefined
  const body =
    job.isolation === 'process' && around.isolate !== undefined
      ? around.isolate({ execution, job, writeLine, progress })
      : startInline(execution, around, logger, progress)
  return {
    ended: body.ended,
    aborted: () => reason,
    abort(given) {
      if (reason !== undefined) return
      reason = given
      body.abort(given)
      listener?.()
    },
    onAbort(given) {
      listener = given
      if (reason !== undefined) given()
    },
    flushLog: () => buffer.flush(),
  }
}

/** What code that runs in this process needs: less than an attempt, so that a child process can supply it. */
export type InlineSurroundings = Pick<Surroundings, 'env' | 'modules' | 'call'> & {
  readonly store: Pick<Store, 'transaction'>
}

/** Runs the module's code in this process. */
export function startInline(
  execution: Execution,
  around: InlineSurroundings,
  logger: () => Logger,
  progress: (percent: number, message: string | null) => void,
): AttemptBody {
  const controller = new AbortController()
  const strays: unknown[] = []
  let hasEnded = false
  const frame: Frame = {
    job: execution.job,
    executionId: execution.id,
    chain: [...(currentFrame()?.chain ?? []), execution.job],
    log: logger,
    stray(error) {
      strays.push(error)
      const when = hasEnded ? 'after it had ended' : 'while it ran'
      logger().error({ err: error }, `a promise was rejected or an exception thrown ${when}, and nobody handled it`)
    },
  }
  const context: JobContext = {
    job: execution.job,
    executionId: execution.id,
    attempt: execution.attempt,
    scheduledFor: new Date(execution.scheduledFor),
    args: execution.args,
    tenant: execution.tenant === '' ? undefined : execution.tenant,
    get log() {
      return logger()
    },
    signal: controller.signal,
    env: around.env,
    progress: (percent, message) => progress(percent, message ?? null),
    runBackgroundJob: async (name, ...args) => {
      if (around.call === undefined) throw new Error('no jobs can be called from here')
      await around.call(name, args, frame)
    },
  }
  const run = async (): Promise<CodeEnd> => {
    try {
      const module = await around.modules.load(execution.job)
      const verdict = await preCheck(module, context, execution, around.store)
      if (verdict.skip) return { kind: 'skipped', reason: verdict.reason }
      await module.run(context)
      // A promise that was rejected and left alone is only reported once this turn is over.
      await nextTurn()
    } catch (error) {
      return { kind: 'threw', error }
    } finally {
      hasEnded = true
    }
    return strays.length > 0 ? { kind: 'threw', error: strays[0] } : { kind: 'returned' }
  }
  return {
    ended: runInFrame(frame, run),
    abort: (reason) => controller.abort(reason),
  }
}

async function preCheck(
  module: JobModule,
  context: JobContext,
  execution: Execution,
  store: Pick<Store, 'transaction'>,
) {
  const check = module.preCheck
  if (check === undefined) return { skip: false } as const
  const scope = { job: execution.job, tenant: execution.tenant, limit: PRE_CHECK_LIMIT }
  return await store.transaction(scope, async (transaction) => check(context, transaction))
}

function lazy<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
