import type { Enqueue } from '../job/enqueue.ts'
import { checkJson } from '../job/job-object.ts'
import { jobNamed, looseName } from '../manifest/job-names.ts'
import type { Job } from '../manifest/types.ts'
import { JobsError } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import { enqueueThrough } from './enqueuer.ts'
import { fanOutThrough } from './fan-out.ts'
import { JobRunner, type RunListener } from './job-runner.ts'
import { keptResult } from './results.ts'
import type { RunningExecutions } from './running-executions.ts'
import type { FanOut, WorkerServices } from './services.ts'
import type { Slots } from './slots.ts'

/** A job was called that is under way already, further out in the same chain of calls. Code: JOB_CALLS_ITSELF. */
export class JobCallError extends JobsError {}

/** What calls a job: for the record, for the chain, and to pass on that it was aborted. */
export interface Caller {
  readonly executionId: string
  /** Jobs on the way here, outermost first. */
  readonly chain: readonly string[]
  readonly signal: AbortSignal
}

/** Runs jobs by name, for code that is a job itself (`caller`) or isn't. Resolves to what it returned. */
export type CallJob = (name: string, args: readonly JsonValue[], caller?: Caller) => Promise<JsonValue | undefined>

/** Services whose jobs can call each other, and the runner that they are called through. */
export function withCalls(
  base: WorkerServices,
  running: RunningExecutions,
  jobs: readonly Job[],
  slots: Slots,
  listener?: RunListener,
  onEnqueued?: () => void,
): { services: WorkerServices; runner: JobRunner; call: CallJob; enqueue: Enqueue } {
  const call: CallJob = async (name, args, caller) => {
    const job = jobNamed({ jobs }, name)
    if (caller !== undefined) refuseCircle(job.name, caller.chain)
    for (const [index, value] of args.entries()) checkJson(value, `argument ${index + 1} for job "${job.name}"`)
    const result = await runner.run({
      job,
      trigger: 'code',
      ...(args.length === 0 ? {} : { args }),
      ...(caller === undefined ? {} : { parentId: caller.executionId, signal: caller.signal }),
    })
    if (result.kind === 'elsewhere') {
      const { id, status } = result.execution
      if (status === 'SUCCESS') return keptResult(await base.store.resultText(id))
      throw new JobsError('JOB_FAILED', `job "${job.name}" ended as ${status} in another process`)
    }
    const { outcome, thrown } = result.end
    if (outcome.kind === 'success') return keptResult(outcome.result)
    if (outcome.kind !== 'skipped') throw thrown
    return undefined
  }
  const fanOut: FanOut = (parent, job, tenants, caller) => runForTenants(parent, job, tenants, caller)
  const enqueue = enqueueThrough(base, { jobs }, onEnqueued)
  const services: WorkerServices = { ...base, call, fanOut, enqueue }
  const runner = new JobRunner(services, running, slots, listener)
  const runForTenants = fanOutThrough(runner, services, slots, running.detector)
  return { services, runner, call, enqueue }
}

function refuseCircle(job: string, chain: readonly string[]): void {
  if (!chain.some((name) => looseName(name) === looseName(job))) return
  throw new JobCallError('JOB_CALLS_ITSELF', `job "${job}" would call itself: ${[...chain, job].join(' -> ')}`, {
    hint: 'move what both need into a separate function: a job that waits for itself never ends',
  })
}
