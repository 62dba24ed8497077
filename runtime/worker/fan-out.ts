import { checkedTenant, type Tenant, type TenantSource } from '../job/tenants.ts'
import type { Job } from '../manifest/types.ts'
import type { Execution, Fire } from '../store/execution.ts'
import { newFire } from '../store/new-fire.ts'
import type { Store } from '../store/store.ts'
import { JobsError } from '../support/errors.ts'
import type { FailureDetector } from './failure-detector.ts'
import { JobLockedError, type JobRunner } from './job-runner.ts'
import type { JobScope } from './job-scope.ts'
import type { FanOut, WorkerServices } from './services.ts'
import { SharedSlots, type SlotPolicy, type Slots } from './slots.ts'

/** Children that are put into the queue in one transaction. */
const PAGE = 100

/**
 * A fire of the loop puts one execution for each tenant into the queue, a page at a time, and is done; any process
 * takes them. A run by hand, from code or enqueued runs them here and waits, one always in its own slot and more of them in what
 * slots are free: it rejects with a TenantsFailedError that names the tenants for which it failed.
 */
export function fanOutThrough(
  runner: JobRunner,
  services: WorkerServices,
  slots: Slots,
  detector: FailureDetector,
): FanOut {
  return (parent, job, tenants, caller) =>
    parent.trigger === 'schedule' || parent.trigger === 'catch-up'
      ? enqueue(parent, job, tenants, { services, detector }, caller.signal)
      : runHere(parent, job, tenants, { runner, slots, services }, caller)
}

async function enqueue(
  parent: Execution,
  job: Job,
  tenants: TenantSource,
  { services, detector }: { readonly services: WorkerServices; readonly detector: FailureDetector },
  signal: AbortSignal,
): Promise<void> {
  // By tenant: one that the source yields twice runs once.
  let page = new Map<string, Fire>()
  const flush = async (): Promise<void> => {
    const fires = [...page.values()]
    page = new Map()
    if (fires.length === 0) return
    const now = services.clock.now()
    const staleBefore = detector.before(now)
    await services.store.claim({ node: parent.owner, now, slots: 0, staleBefore, watermarks: [], fires })
    services.onQueued?.()
  }
  for await (const item of tenants) {
    signal.throwIfAborted()
    const tenant = checkedTenant(item, `the tenants of job "${job.name}"`)
    const fire = childOf(parent, job, tenant, services.clock.now())
    page.set(fire.tenant, fire)
    if (page.size >= PAGE) await flush()
  }
  await flush()
}

/** Unique by (job, schedule, instant, tenant): a fan-out that is repeated after a crash adds only what is missing. */
function childOf(parent: Execution, job: Job, tenant: Tenant, now: number): Fire {
  const { scheduleKey, scheduledFor, args } = parent
  return newFire(job, {
    scheduleKey,
    scheduledFor,
    args,
    tenant: String(tenant.id),
    trigger: parent.trigger === 'catch-up' ? 'catch-up' : 'schedule',
    // A parent may run ahead of its instant; its tenants then do so too.
    availableAt: Math.min(scheduledFor, now),
    after: [],
    parentId: parent.id,
  })
}

async function runHere(
  parent: Execution,
  job: Job,
  tenants: TenantSource,
  { runner, slots, services }: { runner: JobRunner; slots: Slots; services: WorkerServices },
  caller: JobScope,
): Promise<void> {
  const failures: { tenant: string; error: unknown }[] = []
  const seen = new Set<string>()
  const shared = new SharedSlots(slots, services.clock)
  // One iterator for all the workers: each takes the next tenant when it is done with its last.
  const iterator = tenants[Symbol.asyncIterator]()
  const work = async (): Promise<void> => {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      const tenant = String(checkedTenant(next.value, `the tenants of job "${job.name}"`).id)
      if (seen.has(tenant)) continue
      seen.add(tenant)
      if (parent.attempt > 1 && (await hasSucceeded(parent, tenant, services.store))) continue
      const error = await failureFor(parent, job, tenant, runner, caller, roomIn(shared, caller.signal))
      if (error !== undefined) failures.push({ tenant, error })
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: slots.concurrency }, work))
  const broken = ends.find(({ status }) => status === 'rejected')
  if (broken?.status === 'rejected') {
    await iterator.return?.()
    throw broken.reason
  }
  if (failures.length > 0) throw new TenantsFailedError(job.name, failures)
}

/** A run whose turn comes after the caller was aborted is not begun; those that have begun are aborted with it. */
function roomIn(shared: SharedSlots, signal: AbortSignal): SlotPolicy {
  let hasBegun = false
  return (work) =>
    shared.run(() => {
      if (!hasBegun) signal.throwIfAborted()
      hasBegun = true
      return work()
    })
}

/** A parent that is run again, after its process died while it ran, runs only what is missing. */
async function hasSucceeded({ id }: Execution, tenant: string, store: Store): Promise<boolean> {
  return (await store.executions({ parentId: id, tenant, statuses: ['SUCCESS'], limit: 1 })).length > 0
}

/** Names of tenants that a message lists before it says how many more there are. */
const NAMED = 20

/** A job failed for some of its tenants. Code: TENANTS_FAILED. */
export class TenantsFailedError extends JobsError {
  /** What the run of each tenant threw, in the order in which they failed. */
  readonly errors: readonly unknown[]
  /** Ids of the tenants for which it failed; in the order of `errors`. */
  readonly tenants: readonly string[]
  /** Each tenant's run has had its own attempts. */
  readonly isFinal = true

  constructor(job: string, failures: readonly { readonly tenant: string; readonly error: unknown }[]) {
    const tenants = failures.map(({ tenant }) => tenant)
    const more = tenants.length > NAMED ? ` and ${tenants.length - NAMED} more` : ''
    const count = tenants.length === 1 ? '1 tenant' : `${tenants.length} tenants`
    super('TENANTS_FAILED', `job "${job}" failed for ${count}: ${tenants.slice(0, NAMED).join(', ')}${more}`, {
      hint: `run "webstir job-history ${job} --status failure" for the error of each tenant`,
    })
    this.errors = failures.map(({ error }) => error)
    this.tenants = tenants
  }
}

/** What went wrong for one tenant; undefined where nothing did. */
async function failureFor(
  parent: Execution,
  job: Job,
  tenant: string,
  runner: JobRunner,
  caller: JobScope,
  inSlot: SlotPolicy,
): Promise<unknown> {
  try {
    const trigger = parent.trigger === 'code' || parent.trigger === 'enqueue' ? parent.trigger : 'manual'
    const force = parent.lock === 'bypass'
    const { args, id: parentId } = parent
    const run = { job, trigger, args, tenant, parentId, signal: caller.signal, force, inSlot } as const
    const result = await runner.run(run)
    if (result.kind === 'elsewhere') {
      return result.execution.status === 'SUCCESS' ? undefined : new Error(`ended as ${result.execution.status}`)
    }
    const { outcome, thrown } = result.end
    return outcome.kind === 'success' || outcome.kind === 'skipped' ? undefined : (thrown ?? new Error(outcome.kind))
  } catch (error) {
    if (error instanceof JobLockedError) return error
    throw error
  }
}
