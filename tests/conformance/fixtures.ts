import type { ErrorRecord, Execution, Fire } from '../../runtime/store/execution.ts'
import type { NodeRecord } from '../../runtime/store/job-store.ts'
import type { RunRequest, Store } from '../../runtime/store/store.ts'

/** 2026-01-01T00:00:00Z: where every story begins. */
export const T0 = Date.UTC(2026, 0, 1)
export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

export const failure: ErrorRecord = { code: 'ERROR', message: 'it broke', stack: null }

export function fireOf(job: string, scheduledFor: number, overrides: Partial<Fire> = {}): Fire {
  return {
    job,
    scheduleKey: `${job}-key`,
    scheduledFor,
    tenant: '',
    trigger: 'schedule',
    priority: 0,
    args: [],
    maxAttempts: 1,
    recoverLimit: 1,
    overlap: 'skip',
    availableAt: scheduledFor,
    after: [],
    skip: null,
    count: 1,
    ...overrides,
  }
}

/** A scheduler as the store sees it: it acts at `now`, which the story moves. */
export class Node {
  now = T0

  constructor(
    readonly store: Store,
    readonly id: string,
    readonly staleAfter = 30 * second,
  ) {}

  at(now: number): this {
    this.now = now
    return this
  }

  register(facts: Partial<NodeRecord> = {}): Promise<void> {
    const { id, now } = this
    return this.store.registerNode({
      id,
      host: 'host',
      pid: 1,
      version: '1',
      startedAt: now,
      heartbeatAt: now,
      nextWakeAt: now,
      fires: true,
      identity: null,
      nodeVersion: '24.21.0',
      timezoneData: '2026c',
      manifestHash: 'hash',
      engine: 'local',
      queues: null,
      slots: 10,
      jobs: { known: ['a', 'b'], off: { b: 'B_ENABLED=false' }, lacks: [], inZones: [] },
      clockOffset: null,
      ...facts,
    })
  }

  claim(
    fires: readonly Fire[],
    { slots = 10, watermarks = [] }: { slots?: number; watermarks?: { key: string; to: number }[] } = {},
  ) {
    const { id, now } = this
    return this.store.claim({ node: id, now, slots, staleBefore: now - this.staleAfter, watermarks, fires })
  }

  /** What became of each fire, as `job: outcome`. */
  async outcomes(fires: readonly Fire[], options: Parameters<Node['claim']>[1] = {}): Promise<string[]> {
    return (await this.claim(fires, options)).map(({ fire, outcome }) => `${fire.job}: ${outcome}`)
  }

  /** Claims one fire that has to run. */
  async run(job: string, scheduledFor: number, overrides: Partial<Fire> = {}): Promise<Execution> {
    const [claimed] = await this.claim([fireOf(job, scheduledFor, overrides)])
    if (claimed?.outcome !== 'running') throw new Error(`expected ${job} to run, not to be ${claimed?.outcome}`)
    return claimed.execution
  }

  dequeue(limit = 10, id?: string) {
    const { now, staleAfter } = this
    const request = { node: this.id, now, limit, staleBefore: now - staleAfter }
    return this.store.dequeue(id === undefined ? request : { ...request, id })
  }

  async taken(limit = 10): Promise<string[]> {
    return (await this.dequeue(limit)).taken.map(({ job, scheduledFor }) => `${job} ${(scheduledFor - T0) / second}`)
  }

  begin(job: string, overrides: Partial<RunRequest> = {}) {
    return this.store.begin({
      node: this.id,
      now: this.now,
      job,
      tenant: '',
      trigger: 'manual',
      scheduleKey: '',
      scheduledFor: this.now,
      args: [],
      priority: 0,
      maxAttempts: 1,
      recoverLimit: 0,
      parentId: null,
      lock: 'exclusive',
      staleBefore: this.now - this.staleAfter,
      ...overrides,
    })
  }

  end(
    execution: { id: string; attempt: number },
    outcome: Parameters<Store['complete']>[0]['outcome'] = { kind: 'success' },
    options: { retainLock?: boolean } = {},
  ) {
    const { id, attempt } = execution
    return this.store.complete({ id, owner: this.id, attempt, at: this.now, outcome, ...options })
  }

  heartbeat() {
    return this.store.heartbeat(this.id, this.now)
  }

  recover() {
    return this.store.recover({ now: this.now, staleBefore: this.now - this.staleAfter })
  }

  /** Makes the one schedule of each of these jobs known, with its mark where the story begins. */
  schedule(...jobs: string[]) {
    return this.store.registerSchedules(
      jobs.map((job) => ({
        key: `${job}-key`,
        job,
        expression: '* * * * *',
        timezone: 'UTC',
        args: [],
        origin: 'manifest',
        watermark: T0,
        anchor: null,
      })),
      { now: this.now, retireOthers: true },
    )
  }
}

export async function statusOf(store: Store, id: string): Promise<string | undefined> {
  return (await store.execution(id))?.status
}

/** The rows of a job, oldest first. */
export async function rowsOf(store: Store, job: string): Promise<Execution[]> {
  return (await store.executions({ jobs: [job], limit: 1000 })).reverse()
}

/** The rows of a job in short: `RUNNING 60`, the instant in seconds since the story began. */
export async function briefly(store: Store, job: string): Promise<string[]> {
  return (await rowsOf(store, job)).map(({ status, scheduledFor }) => `${status} ${(scheduledFor - T0) / second}`)
}
