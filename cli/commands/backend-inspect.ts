import { DEFAULT_SETTINGS } from '../../runtime/manifest/defaults.ts'
import { findByName, JobNotFoundError } from '../../runtime/manifest/job-names.ts'
import { roleText, type ShownNode } from '../../runtime/operations/nodes.ts'
import { clockText } from '../../runtime/schedule/index.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { durationOf } from '../../runtime/support/duration.ts'
import { renderTable } from '../../runtime/support/table.ts'
import { relativeTime } from '../../runtime/support/time-text.ts'
import { describeNode } from '../../runtime/worker/node-session.ts'
import { type InspectedJob, type Inspection, inspectWorkspace } from '../bundler/inspection.ts'
import type { Output } from '../command-line/output.ts'
import { MIGRATIONS } from '../workspace/database-migrations.ts'
import {
  disabledWhere,
  type JobState,
  lastRunText,
  pausedText,
  readJobStates,
  readNodeStates,
  UNKNOWN_STATE,
} from '../workspace/job-state.ts'
import { placeOfWorkspace } from '../workspace/store.ts'

export interface BackendInspectOptions {
  /** Only this job; case, `-` and `_` make no difference. */
  readonly name?: string | undefined
  readonly workspace?: string | undefined
}

/** What `backend-inspect --json` prints: the inspection, and what the store knows of each job. */
export interface InspectionWithState extends Inspection {
  /** The live processes of the store; null where there is no store, or where it can't be read. */
  readonly nodes: readonly ShownNode[] | null
  readonly jobs: readonly (InspectedJob & JobState)[]
}

/** `webstir backend-inspect`: the module, its jobs with all that is known of them, their build, and what is wrong. */
export async function backendInspect(options: BackendInspectOptions, output: Output): Promise<InspectionWithState> {
  const now = systemClock.now()
  const place = await placeOfWorkspace(options.workspace)
  const whole = await inspectWorkspace(place.root, now)
  const part = options.name === undefined ? whole : onlyJob(whole, options.name)
  const states = await readJobStates(place, part.jobs, output)
  const inspection = {
    ...part,
    nodes: await readNodeStates(place, {
      now,
      staleAfter: durationOf(whole.settings.staleAfter) ?? DEFAULT_SETTINGS.staleAfter,
    }),
    jobs: part.jobs.map((job) => ({ ...job, ...(states?.get(job.name) ?? UNKNOWN_STATE) })),
  }
  if (output.json) output.data(inspection)
  else if (options.name === undefined) for (const line of render(inspection, now, output)) output.out(line)
  else for (const line of renderJob(inspection, now, output)) output.out(line)
  return inspection
}

/** The inspection of one job. Throws JobNotFoundError. */
function onlyJob(inspection: Inspection, name: string): Inspection {
  const { item: job } = findByName(inspection.jobs, name)
  if (job === undefined) {
    throw new JobNotFoundError(
      name,
      inspection.jobs.map((known) => known.name),
    )
  }
  return { ...inspection, jobs: [job], problems: inspection.problems.filter((problem) => problem.job === job.name) }
}

function renderJob({ jobs, problems, settings }: InspectionWithState, now: number, { color }: Output): string[] {
  const lines = jobs.flatMap((job) => jobLines(job, now, settings.timezone, color))
  return [...lines, ...problemLines(problems, color)]
}

function migrationRows({ migrations }: Inspection): [string, string][] {
  if (migrations.length === 0) return []
  const names = migrations.map((path) => path.slice(MIGRATIONS.length + 1)).join(', ')
  return [['Migrations', `${names} in ${MIGRATIONS}; see webstir db-migrate --status`]]
}

function nodeRows({ nodes }: InspectionWithState): [string, string][] {
  return (nodes ?? []).map((node, place) => {
    const { nodeVersion, timezoneData, leavesZonesTo } = node
    const what = `${roleText(node)}, Node ${nodeVersion}, time-zone data ${timezoneData}`
    const zones =
      leavesZonesTo === null ? '' : `; leaves the schedules with a time zone to ${describeNode(leavesZonesTo)}`
    return [place === 0 ? 'Nodes' : '', `${describeNode(node.id)}: ${what}${zones}`]
  })
}

function render(inspection: InspectionWithState, now: number, { color }: Output): string[] {
  const { jobs, problems, settings } = inspection
  const lines = facts([
    ['Module', [inspection.name ?? '(no name)', inspection.version ?? ''].join(' ').trim()],
    ['Mode', inspection.mode ?? '-'],
    ['Workspace', inspection.workspace],
    ['Time zone', settings.timezone],
    ['Build', buildText(inspection, now)],
    ['Jobs', `${jobs.length} in ${inspection.manifestKey}`],
    ...migrationRows(inspection),
    ...nodeRows(inspection),
  ])
  for (const job of jobs) lines.push('', ...jobLines(job, now, settings.timezone, color))
  return [...lines, ...problemLines(problems, color)]
}

function problemLines(problems: Inspection['problems'], color: Output['color']): string[] {
  const lines = problems.length > 0 ? ['', color.bold('Problems')] : []
  for (const { severity, job, path, message, hint } of problems) {
    const word = severity === 'error' ? color.red('error') : color.yellow('warning')
    lines.push(
      `  ${word}  ${path}${job === null ? '' : ` (job ${job})`}: ${message}${hint === null ? '' : ` - ${hint}`}`,
    )
  }
  return lines
}

function jobLines(job: InspectedJob & JobState, now: number, timezone: string, color: Output['color']): string[] {
  const rows: [string, string][] = []
  if (job.problem !== null) rows.push(['invalid', job.problem])
  if (!job.enabled && job.problem === null) {
    rows.push(['disabled', disabledWhere(job.disabledBy, process.env) ?? 'yes'])
  }
  if (job.paused !== null) {
    rows.push(['paused', `${pausedText(job, timezone)}, since ${clockText(Date.parse(job.paused.since), timezone)}`])
  }
  rows.push(['last run', job.lastRun === null ? 'never' : lastRunText(job, now, color.isColorSupported)])
  for (const schedule of job.schedules) {
    const zone = schedule.timezone === 'UTC' ? '' : ` in ${schedule.timezone}`
    const words = schedule.words === null || schedule.words === undefined ? '' : `: ${schedule.words}`
    rows.push([
      'schedule',
      `${schedule.schedule}${zone}${words} (${schedule.origin === 'code' ? 'from code' : 'package.json'})`,
    ])
    if (schedule.args.length > 0) rows.push(['  with', JSON.stringify(schedule.args)])
    if (schedule.problem !== null) rows.push(['  invalid', schedule.problem])
    else if (schedule.next !== null) rows.push(['  next', timeText(schedule.next, now, timezone)])
    else rows.push(['  next', schedule.note ?? '-'])
  }
  if (job.codeSchedules === 'unknown') rows.push(['schedule', 'those from code are unknown until a build'])
  else if (job.schedules.length === 0 && job.problem === null) rows.push(['schedule', 'none: it runs on request'])
  if (job.priority !== null) rows.push(['priority', String(job.priority)])
  if (job.args.length > 0) rows.push(['arguments', JSON.stringify(job.args)])
  if (job.policies?.multiTenant === null && job.multiTenant !== false) {
    rows.push(['multiTenant', job.multiTenant === null ? 'unknown until a build' : 'true (from code)'])
  }
  for (const name of job.notDefault) {
    const value = Object.entries(job.policies ?? {}).find(([key]) => key === name)?.[1]
    rows.push([name, typeof value === 'string' ? value : JSON.stringify(value)])
  }
  rows.push(['source', job.source ?? 'missing'])
  rows.push(['built', `${job.built.path} (${!job.built.exists ? 'missing' : job.built.fresh ? 'fresh' : 'stale'})`])
  const title = job.description === null ? color.bold(job.name) : `${color.bold(job.name)}  ${job.description}`
  return [title, ...facts(rows).map((line) => `  ${line}`)]
}

function buildText({ build, settings }: Inspection, now: number): string {
  if (!build.exists) return 'none yet: webstir build'
  const when = build.builtAt === null ? '' : `, built ${timeText(build.builtAt, now, settings.timezone)}`
  return build.fresh ? `fresh${when}` : `stale, ${build.reason ?? 'for an unknown reason'}${when}`
}

function timeText(iso: string, now: number, timezone: string): string {
  const instant = Date.parse(iso)
  return `${relativeTime(instant, now)} (${clockText(instant, timezone)})`
}

/** Names and values in two columns. */
function facts(rows: readonly (readonly [string, string])[]): string[] {
  const [, ...lines] = renderTable([{ title: '' }, { title: '' }], rows)
    .trimEnd()
    .split('\n')
  return lines
}
