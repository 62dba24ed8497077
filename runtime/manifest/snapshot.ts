import type { JsonValue } from '../json.ts'
import { defaultJob } from './defaults.ts'
import type { Job, JobSchedule, Manifest } from './job.ts'
import { priorityOf } from './priority.ts'

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
  readonly manifest: Omit<Manifest, 'workspace' | 'jobs'>
  readonly jobs: readonly PackedJob[]
}

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
  'multiTenant',
  'isolation',
] as const satisfies readonly (keyof Policies)[]

/** Packs a manifest that was read with an empty environment and has no error in it. */
export function packManifest({ workspace: _, jobs, ...manifest }: Manifest): Snapshot {
  return { manifest, jobs: jobs.map((job) => packJob(job, manifest.settings.timezone)) }
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
  return { ...snapshot.manifest, workspace, jobs: snapshot.jobs.map((packed) => unpackJob(packed, zone)) }
}

/** What a key that was left out stands for. */
const STANDARD = defaultJob('')

/** Written out key by key: a thousand spreads of twenty keys would cost a listing a tenth of its time. */
function unpackJob(packed: PackedJob, workspaceZone: string): Job {
  const timezone = packed.timezone ?? workspaceZone
  const args = packed.args ?? STANDARD.args
  const schedules: JobSchedule[] = []
  for (const schedule of packed.s ?? []) schedules.push(unpackSchedule(schedule, timezone, args))
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
    multiTenant: packed.multiTenant,
    isolation: packed.isolation ?? STANDARD.isolation,
  }
}

function unpackSchedule([text, key, timezone, args]: PackedSchedule, zone: string, jobArgs: Job['args']): JobSchedule {
  return {
    text,
    expression: text,
    timezone: timezone ?? zone,
    args: args ?? jobArgs,
    origin: 'manifest',
    key,
    problem: null,
  }
}
