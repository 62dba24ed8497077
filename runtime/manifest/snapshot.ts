import type { CronPlan } from '../schedule/cron/plan.ts'
import { planOf } from '../schedule/parse.ts'
import type { JsonValue } from '../support/json.ts'
import { defaultJob, priorityOf } from './defaults.ts'
import type { CronPlans, Job, JobSchedule, Manifest } from './types.ts'

/*
 * A validated manifest in a form that is quick to parse and to open: of each job only what differs from the defaults.
 * It holds nothing that depends on the environment; a manifest with `${NAME}` in it has no snapshot.
 */

/** Text, key, and zone and arguments where they are not the job's. */
type PackedSchedule = readonly [text: string, key: string, timezone?: string | null, args?: readonly JsonValue[]]

type Policies = Omit<Job, 'name' | 'schedules' | 'priority' | 'enabled' | 'disabledBy' | 'written'>

interface PackedJob extends Partial<Policies> {
  readonly n: string
  readonly s?: readonly PackedSchedule[]
  readonly off?: string
}

export interface Snapshot {
  readonly manifest: Omit<Manifest, 'workspace' | 'jobs' | 'plans'>
  readonly jobs: readonly PackedJob[]
  readonly plans: CronPlans
}

/**
 * So many expressions are read beforehand: reading one costs a start more than opening its plan, until there are many.
 * `npm run bench -- startup` shows this, and what the comments below say of listings.
 */
const MOST_PLANS = 100

const POLICIES = [
  'description',
  'priorityLabel',
  'timezone',
  'args',
  'overlap',
  'catchUp',
  'catchUpWindow',
  'timeout',
  'retry',
  'recover',
  'jitter',
  'after',
  'formerly',
  'multiTenant',
  'isolation',
  'queue',
] as const satisfies readonly (keyof Policies)[]

/** Packs a manifest that was read with an empty environment and has no error in it. */
export function packManifest({ workspace: _, jobs, plans: __, ...manifest }: Manifest): Snapshot {
  return { manifest, jobs: jobs.map((job) => packJob(job, manifest.settings.timezone)), plans: plansOf(jobs) }
}

function plansOf(jobs: readonly Job[]): CronPlans {
  const sound = jobs.flatMap(({ schedules }) => schedules.filter(({ problem }) => problem === null))
  const plans: Record<string, CronPlan> = {}
  for (const expression of [...new Set(sound.map(({ expression }) => expression))].slice(0, MOST_PLANS)) {
    const plan = planOf(expression)
    if (plan !== null) plans[expression] = plan
  }
  return plans
}

function packJob(job: Job, zone: string): PackedJob {
  const base = defaultJob(job.name, zone)
  const differing = POLICIES.filter((key) => JSON.stringify(job[key]) !== JSON.stringify(base[key]))
  return {
    n: job.name,
    ...(job.schedules.length === 0 ? {} : { s: job.schedules.map((schedule) => packSchedule(schedule, job)) }),
    ...Object.fromEntries(differing.map((key) => [key, job[key]])),
    ...(job.disabledBy === null ? {} : { off: job.disabledBy }),
  }
}

function packSchedule({ text, key, timezone, args }: JobSchedule, job: Job): PackedSchedule {
  const sameArgs = JSON.stringify(args) === JSON.stringify(job.args)
  if (!sameArgs) return [text, key, timezone === job.timezone ? null : timezone, args]
  return timezone === job.timezone ? [text, key] : [text, key, timezone]
}

export function unpackManifest(snapshot: Snapshot, workspace: string): Manifest {
  const zone = snapshot.manifest.settings.timezone
  const { manifest, jobs, plans } = snapshot
  return { ...manifest, workspace, jobs: jobs.map((packed) => unpackJob(packed, zone)), plans }
}

/** The value of a key that was left out. */
const STANDARD = defaultJob('')

/** Written out key by key: a thousand spreads of twenty keys would cost a listing a tenth of its time. */
function unpackJob(packed: PackedJob, workspaceZone: string): Job {
  const timezone = packed.timezone ?? workspaceZone
  const args = packed.args ?? STANDARD.args
  const schedules = packed.s === undefined ? [] : packed.s.map((schedule) => unpackSchedule(schedule, timezone, args))
  return {
    name: packed.n,
    schedules,
    description: packed.description,
    priorityLabel: packed.priorityLabel,
    priority: priorityOf(packed.priorityLabel),
    timezone,
    args,
    enabled: packed.off === undefined,
    disabledBy: packed.off ?? null,
    overlap: packed.overlap ?? STANDARD.overlap,
    catchUp: packed.catchUp ?? STANDARD.catchUp,
    catchUpWindow: packed.catchUpWindow ?? STANDARD.catchUpWindow,
    timeout: packed.timeout ?? STANDARD.timeout,
    retry: packed.retry ?? STANDARD.retry,
    recover: packed.recover ?? STANDARD.recover,
    jitter: packed.jitter ?? STANDARD.jitter,
    after: packed.after ?? STANDARD.after,
    formerly: packed.formerly ?? STANDARD.formerly,
    multiTenant: packed.multiTenant,
    isolation: packed.isolation ?? STANDARD.isolation,
    queue: packed.queue ?? STANDARD.queue,
  }
}

/** By place: taking an array apart by names is slow as long as the code is new. */
function unpackSchedule(packed: PackedSchedule, zone: string, args: Job['args']): JobSchedule {
  return {
    text: packed[0],
    expression: packed[0],
    timezone: packed[2] ?? zone,
    args: packed[3] ?? args,
    origin: 'manifest',
    key: packed[1],
    problem: null,
  }
}
