import { type DatabaseClient, type LateDatabase, lateDatabase } from '../job/database.ts'
import type { Enqueue, JobHandle } from '../job/enqueue.ts'
import { type ContextSource, inlineContext, type JobContext } from '../job/job-context.ts'
import type { JobModule } from '../job/job-module.ts'
import type { Logger } from '../logging/logger.ts'
import type { Job } from '../manifest/types.ts'
import type { Execution } from '../store/execution.ts'
import type { PreCheckVerdict } from '../store/job-store.ts'
import type { Store } from '../store/store.ts'
import { nextTurn } from '../support/clock.ts'
import type { Env } from '../support/env.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import { redactText } from '../support/redact-text.ts'
import { readThrown } from '../support/thrown.ts'
import type { AbortedError } from './abort.ts'
import { chainTo, type JobScope, runInScope } from './job-scope.ts'
import { resultText } from './results.ts'
import type { AttemptBody, CodeEnd, WorkerServices } from './services.ts'
import { fanOut, notForTenants } from './tenants-of-run.ts'

/** What code that runs in this process needs: less than an attempt, so that a child process can supply it. */
export type InlineSurroundings = Pick<
  WorkerServices,
  'env' | 'modules' | 'call' | 'enqueue' | 'openDatabase' | 'openTenants' | 'fanOut'
> & {
  readonly store: Pick<Store, 'transaction'>
}

/** What the code says of itself on the way. */
export interface AttemptReporter {
  logger(): Logger
  /** It only runs its job for each of many tenants, so the limits of a run don't apply to it. */
  fansOut(): void
  progress(percent: number, message: string | null): void
}

/** A pre-check may hold the store's lock for this long, in ms. */
const PRE_CHECK_LIMIT = 2000

const RETURNED: CodeEnd = { kind: 'returned' }

/** The scope of code that runs in this process, and what the code is given: one object for each attempt. */
class InlineScope implements JobScope, ContextSource {
  readonly job: string
  readonly executionId: string
  readonly chain: readonly string[]
  readonly unhandledErrors: unknown[] = []
  hasEnded = false
  /** Set while the job's `run` is under way: ends it. */
  onFail: ((error: unknown) => void) | undefined
  #database: LateDatabase | undefined
  #controller: AbortController | undefined
  readonly #services: InlineSurroundings
  readonly #telling: AttemptReporter

  constructor(execution: Execution, services: InlineSurroundings, telling: AttemptReporter) {
    this.job = execution.job
    this.executionId = execution.id
    this.chain = chainTo(execution.job)
    this.#services = services
    this.#telling = telling
  }

  get call(): JobScope['call'] {
    return this.#services.call
  }

  get enqueue(): JobScope['enqueue'] {
    return this.#services.enqueue
  }

  get env(): Env {
    return this.#services.env
  }

  get signal(): AbortSignal {
    return this.#abortController().signal
  }

  /** Made when it is first asked for: most jobs never look. */
  #abortController(): AbortController {
    this.#controller ??= new AbortController()
    return this.#controller
  }

  log(): Logger {
    return this.#telling.logger()
  }

  database(): DatabaseClient {
    this.#database ??= lateDatabase(this.#services.openDatabase ?? noDatabase)
    return this.#database.client
  }

  progress(percent: number, message: string | null): void {
    this.#telling.progress(percent, message === null ? null : redactText(readThrown(message).message))
  }

  async callOther(name: string, args: readonly JsonValue[]): Promise<JsonValue | undefined> {
    if (this.call === undefined) {
      throw new JobsError('CALL_UNSUPPORTED', `job "${this.job}" can't call other jobs where it runs`, {
        hint: 'call it from a job that a scheduler, a server or a test scheduler runs',
      })
    }
    return this.#services.call?.(name, args, this)
  }

  async handOver(...call: Parameters<Enqueue>): Promise<JobHandle> {
    if (this.enqueue === undefined) {
      throw new JobsError('CALL_UNSUPPORTED', `job "${this.job}" can enqueue no other job from where it runs`)
    }
    return this.enqueue(...call)
  }

  abort(reason: AbortedError): void {
    this.#abortController().abort(reason)
  }

  onUnhandledError(error: unknown): void {
    this.unhandledErrors.push(error)
    const when = this.hasEnded ? 'after it had ended' : 'while it ran'
    this.log().error({ err: error }, `a promise was rejected or an exception thrown ${when}; nothing handled it`)
  }

  fail(error: unknown): void {
    this.unhandledErrors.push(error)
    this.onFail?.(error)
  }

  /** Undefined where no database was asked for. */
  closeDatabase(): Promise<void> | undefined {
    return this.#database?.close().catch((error: unknown) => this.onUnhandledError(error))
  }
}

/** Runs a job's code in this process. */
export function startInline(
  execution: Execution,
  job: Job,
  services: InlineSurroundings,
  telling: AttemptReporter,
): AttemptBody {
  const scope = new InlineScope(execution, services, telling)
  const context = inlineContext(execution, scope)
  const run = async (): Promise<CodeEnd> => {
    let returned = RETURNED
    try {
      const module = await services.modules.load(execution.job)
      const isForTenants = (job.multiTenant ?? module.multiTenant) === true
      if (execution.tenant !== '' && !isForTenants) throw notForTenants(job.name)
      if (execution.tenant === '' && isForTenants) {
        telling.fansOut()
        await fanOut(execution, job, module, services, scope)
        return RETURNED
      }
      if (module.preCheck !== undefined) {
        const verdict = await preCheck(module.preCheck, context, execution, services.store)
        if (verdict.skip) return { kind: 'skipped', reason: readThrown(verdict.reason).message }
      }
      const running = module.run(context)
      const value = running === undefined ? undefined : await untilOver(running, scope)
      returned = value === undefined ? RETURNED : returnedWith(value)
      // A rejected promise without a handler is only reported once this turn is over.
      await nextTurn()
    } catch (error) {
      return { kind: 'threw', error }
    } finally {
      scope.hasEnded = true
      const closing = scope.closeDatabase()
      if (closing !== undefined) await closing
    }
    return scope.unhandledErrors.length > 0 ? { kind: 'threw', error: scope.unhandledErrors[0] } : returned
  }
  return {
    ended: runInScope(scope, run),
    abort: (reason) => scope.abort(reason),
  }
}

function returnedWith(value: unknown): CodeEnd {
  const result = resultText(value)
  return result === undefined ? RETURNED : { kind: 'returned', result }
}

/** The end of the job's `run`, or its failure by what it did meanwhile. */
function untilOver(running: unknown, scope: InlineScope): Promise<unknown> {
  return new Promise((resolve, reject) => {
    scope.onFail = reject
    Promise.resolve(running).then(resolve, reject)
  })
}

async function preCheck(
  check: NonNullable<JobModule['preCheck']>,
  context: JobContext,
  { job, tenant }: Execution,
  store: Pick<Store, 'transaction'>,
): Promise<PreCheckVerdict> {
  return store.transaction({ job, tenant, limit: PRE_CHECK_LIMIT }, async (transaction) => check(context, transaction))
}

async function noDatabase(): Promise<never> {
  throw new JobsError(
    'NO_DATABASE',
    'this workspace has no src/backend/db/connection.ts that makes a database client',
    {
      hint: 'export createDatabaseClient() from it ("webstir init" writes one), then build again',
    },
  )
}
