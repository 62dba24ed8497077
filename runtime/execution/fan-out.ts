import type { Job } from '../manifest/job.ts'
import type { Execution, Fire } from '../store/execution.ts'
import type { Frame } from './frame.ts'
import { JobLockedError, type JobRunner } from './job-runner.ts'
import type { FanOut, Surroundings } from './surroundings.ts'
import { checkedTenant, type Tenant, type TenantSource } from './tenants.ts'

/** Children that are put into the queue in one transaction. */
const PAGE = 100

/**
 * A fire of the loop puts one execution for each tenant into the queue, a page at a time, and is done; any process
 * takes them. A run by hand or from code runs them here, `concurrency` at once, and waits: it rejects with an
 * AggregateError that names the tenants for which it failed.
 */
export function fanOutThrough(runner: JobRunner, around: Surroundings, concurrency: number): FanOut {
  return (parent, job, tenants, caller) =>
    parent.trigger === 'schedule' || parent.trigger === 'catch-up'
      ? enqueue(parent, job, tenants, around, caller.signal)
      : runHere(parent, job, tenants, runner, concurrency, caller)
}

async function enqueue(
  parent: Execution,
  job: Job,
  tenants: TenantSource,
  around: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  let page: Fire[] = []
  const flush = async (): Promise<void> => {
    const now = around.clock.now()
    const tick = { node: parent.owner, now, slots: 0, staleBefore: now - around.staleAfter, marks: [], fires: page }
    if (page.length > 0) await around.store.claim(tick)
    page = []
    around.onQueued?.()
  }
  for await (const tenant of tenants) {
    signal.throwIfAborted()
    page.push(childOf(parent, job, checkedTenant(tenant)))
    if (page.length >= PAGE) await flush()
  }
  await flush()
}

/** Unique by (job, schedule, instant, tenant): a fan-out that is repeated after a crash adds only what is missing. */
function childOf(parent: Execution, job: Job, tenant: Tenant): Fire {
  return {
    job: parent.job,
    scheduleKey: parent.scheduleKey,
    scheduledFor: parent.scheduledFor,
    tenant: String(tenant.id),
    trigger: parent.trigger === 'catch-up' ? 'catch-up' : 'schedule',
    priority: job.priority,
    args: parent.args,
    maxAttempts: job.retry.attempts,
    recoverLimit: job.recover,
    overlap: job.overlap,
    availableAt: parent.scheduledFor,
    after: [],
    skip: null,
    count: 1,
    parentId: parent.id,
  }
}

async function runHere(
  parent: Execution,
  job: Job,
  tenants: TenantSource,
  runner: JobRunner,
  concurrency: number,
  caller: Frame,
): Promise<void> {
  const failures: { tenant: string; error: unknown }[] = []
  const running = new Set<Promise<void>>()
  const runOne = async (tenant: string): Promise<void> => {
    const error = await failureFor(parent, job, tenant, runner, caller)
    if (error !== undefined) failures.push({ tenant, error })
  }
  for await (const tenant of tenants) {
    caller.signal.throwIfAborted()
    const run = runOne(String(checkedTenant(tenant).id)).finally(() => running.delete(run))
    running.add(run)
    if (running.size >= concurrency) await Promise.race(running)
  }
  await Promise.all(running)
  if (failures.length === 0) return
  const names = failures.map(({ tenant }) => tenant)
  const shown = names.length > 20 ? `${names.slice(0, 20).join(', ')} and ${names.length - 20} more` : names.join(', ')
  throw new AggregateError(
    failures.map(({ tenant, error }) =>
      Object.assign(error instanceof Error ? error : new Error(String(error)), { tenant }),
    ),
    `job "${job.name}" failed for ${failures.length} tenants: ${shown}`,
  )
}

/** What went wrong for one tenant; undefined where nothing did. */
async function failureFor(
  parent: Execution,
  job: Job,
  tenant: string,
  runner: JobRunner,
  caller: Frame,
): Promise<unknown> {
  try {
    const trigger = parent.trigger === 'code' ? 'code' : 'manual'
    const force = parent.lock === 'bypass'
    const run = { job, trigger, args: parent.args, tenant, parentId: parent.id, signal: caller.signal, force } as const
    const result = await runner.run(run)
    if (result.kind === 'elsewhere') {
      return result.execution.status === 'SUCCESS' ? undefined : new Error(`ended as ${result.execution.status}`)
    }
    const { outcome, thrown } = result.end
    return outcome.kind === 'success' || outcome.kind === 'skipped' ? undefined : thrown
  } catch (error) {
    if (error instanceof JobLockedError) return error
    throw error
  }
}
