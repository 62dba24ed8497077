import { nextTurn } from '../clock.ts'
import { JobsError, messageOf } from '../errors.ts'
import type { Logger } from '../logging/logger.ts'
import type { Job } from '../manifest/job.ts'
import type { Execution } from '../store/execution.ts'
import type { PreCheckVerdict, Store } from '../store/store.ts'
import type { JobContext } from './context.ts'
import { type DatabaseClient, type LateDatabase, lateDatabase } from './database.ts'
import { chainTo, type Frame, runInFrame } from './frame.ts'
import type { JobModule } from './job-module.ts'
import { ownCopy } from './own-copy.ts'
import type { AttemptBody, CodeEnd, Surroundings } from './surroundings.ts'
import { asTenantSource, type TenantSource, TenantsError } from './tenants.ts'

/** What code that runs in this process needs: less than an attempt, so that a child process can supply it. */
export type InlineSurroundings = Pick<
  Surroundings,
  'env' | 'modules' | 'call' | 'openDatabase' | 'openTenants' | 'fanOut'
> & {
  readonly store: Pick<Store, 'transaction'>
}

/** What the code says of itself on the way. */
export interface Telling {
  logger(): Logger
  /** It does nothing itself, but runs its job for each of many tenants: what limits a run doesn't limit it. */
  spreads(): void
  progress(percent: number, message: string | null): void
}

/** A pre-check may hold the store's lock for this long, in ms. */
const PRE_CHECK_LIMIT = 2000

/** Runs a job's code in this process. */
export function startInline(execution: Execution, job: Job, around: InlineSurroundings, telling: Telling): AttemptBody {
  const controller = new AbortController()
  const strays: unknown[] = []
  let hasEnded = false
  const frame: Frame = {
    job: execution.job,
    executionId: execution.id,
    chain: chainTo(execution.job),
    log: telling.logger,
    call: around.call,
    // Made when it is first asked for: most jobs never look.
    get signal() {
      return controller.signal
    },
    stray(error) {
      strays.push(error)
      const when = hasEnded ? 'after it had ended' : 'while it ran'
      telling.logger().error({ err: error }, `a promise was rejected or an exception thrown ${when}; nobody handled it`)
    },
  }
  let database: LateDatabase | undefined
  const client = (): DatabaseClient => {
    database ??= lateDatabase(around.openDatabase ?? noDatabase)
    return database.client
  }
  const context = contextOf(execution, { around, telling, frame, client })
  const run = async (): Promise<CodeEnd> => {
    try {
      const module = await around.modules.load(execution.job)
      const isForTenants = (job.multiTenant ?? module.multiTenant) === true
      if (execution.tenant !== '' && !isForTenants) throw notForTenants(job.name)
      if (execution.tenant === '' && isForTenants) {
        telling.spreads()
        await spread(execution, job, module, around, frame)
        return { kind: 'returned' }
      }
      if (module.preCheck !== undefined) {
        const verdict = await preCheck(module.preCheck, context, execution, around.store)
        if (verdict.skip) return { kind: 'skipped', reason: verdict.reason }
      }
      await module.run(context)
      // A promise that was rejected and left alone is only reported once this turn is over.
      await nextTurn()
    } catch (error) {
      return { kind: 'threw', error }
    } finally {
      hasEnded = true
      if (database !== undefined) await database.close().catch((error: unknown) => frame.stray(error))
    }
    return strays.length > 0 ? { kind: 'threw', error: strays[0] } : { kind: 'returned' }
  }
  return {
    ended: runInFrame(frame, run),
    abort: (reason) => controller.abort(reason),
  }
}

/** Runs a multi-tenant job for each tenant that its filter leaves. */
async function spread(
  execution: Execution,
  job: Job,
  module: JobModule,
  around: InlineSurroundings,
  frame: Frame,
): Promise<void> {
  if (around.fanOut === undefined) {
    throw new TenantsError('TENANTS_ISOLATED', `job "${job.name}" is multi-tenant, and only its module says so`, {
      hint: 'with "isolation": "process", write "multiTenant": true in package.json too',
    })
  }
  if (around.openTenants === undefined) throw noTenants(job.name)
  const all = asTenantSource(await around.openTenants(), 'src/backend/tenants.ts')
  await around.fanOut(execution, job, await filtered(job.name, module, all), frame)
}

/** The tenants that the job's filter leaves. */
async function filtered(job: string, { filter, file }: JobModule, all: TenantSource): Promise<TenantSource> {
  if (filter === undefined) return all
  const what = `tenantsFilter of job "${job}" (${file})`
  let left: unknown
  try {
    left = await filter(all)
  } catch (error) {
    throw new TenantsError('TENANTS_FILTER', `${what} threw: ${messageOf(error)}`, {
      hint: 'it is given the tenants and returns those that are left: (tenants) => tenants.where({ active: true })',
      cause: error,
    })
  }
  return asTenantSource(left, what)
}

function notForTenants(job: string): TenantsError {
  return new TenantsError('TENANTS_NONE', `job "${job}" is not multi-tenant, so it can't run for one tenant`, {
    hint: 'leave the tenant out, or write "multiTenant": true in package.json or in the job',
  })
}

function noTenants(job: string): TenantsError {
  return new TenantsError('TENANTS_MISSING', `job "${job}" is multi-tenant, and the workspace has no tenants`, {
    hint: 'export them from src/backend/tenants.ts ("webstir add-tenants" writes one), and build again',
  })
}

interface ContextParts {
  readonly around: InlineSurroundings
  readonly telling: Telling
  readonly frame: Frame
  client(): DatabaseClient
}

function contextOf(execution: Execution, { around, telling, frame, client }: ContextParts): JobContext {
  return {
    job: execution.job,
    executionId: execution.id,
    attempt: execution.attempt,
    scheduledFor: new Date(execution.scheduledFor),
    // The same values may be handed to later fires.
    args: execution.args.length === 0 ? [] : ownCopy(execution.args),
    tenant: execution.tenant === '' ? undefined : execution.tenant,
    get log() {
      return telling.logger()
    },
    get signal() {
      return frame.signal
    },
    env: around.env,
    get database() {
      return client()
    },
    progress: (percent, message) => telling.progress(percent, message ?? null),
    runBackgroundJob: async (name, ...args) => {
      if (around.call === undefined) {
        throw new JobsError('CALL_UNSUPPORTED', `job "${execution.job}" can call no other job from where it runs`)
      }
      await around.call(name, args, frame)
    },
  }
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
