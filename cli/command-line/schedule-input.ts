import { isValidCron } from 'cron-validator'
import { PRIORITY_LABELS } from '../../runtime/manifest/defaults.ts'
import { fillText } from '../../runtime/manifest/environment.ts'
import { parseDocument } from '../../runtime/manifest/package-json.ts'
import { adviseSchedule, clockText, parseSchedule, type Schedule, ScheduleError } from '../../runtime/schedule/index.ts'
import { formatDuration } from '../../runtime/support/duration.ts'
import { type Env, loadEnvFiles } from '../../runtime/support/env.ts'
import { didYouMean } from '../../runtime/support/suggest.ts'
import { relativeTime } from '../../runtime/support/time-text.ts'
import { CommandError, UsageError } from './errors.ts'
import { checkTimezone } from './option-values.ts'

/** What cron-validator accepts: five or six fields of numbers, names, `*`, lists, ranges, steps and `5#2`. */
const GATE = { alias: true, seconds: true, allowSevenAsSunday: true, allowNthWeekdayOfMonth: true }

/**
 * Reads the value of `--schedule`. A plain expression of five or six fields first meets cron-validator: what it takes
 * only has to be possible at all (`0 0 31 4 *` is not). What it refuses is left to `parseSchedule`: either that
 * one says which field is wrong and why, or the form is an extension (`0 0 L * *`), and `remarks` says so. The other
 * forms (macros, rates, seven fields, `cron(...)`) are `parseSchedule`'s alone. `remarks` also holds likely
 * mistakes in a valid schedule; `now` is where this year and the next begin. Throws CommandError with ScheduleError's code.
 */
export function checkSchedule(
  expression: string,
  timezone: string,
  now: Date,
): { schedule: Schedule; remarks: string[] } {
  const passesGate = !isPlain(expression) || isValidCron(expression, GATE)
  try {
    const schedule = parseSchedule(expression, { timezone })
    const remark = `other cron programs may not accept "${expression}": it uses extensions`
    // The rate runs here; what other services make of it is left to `explain`.
    const advice = adviseSchedule(schedule, now)
      .filter(({ code }) => code !== 'RATE_ELSEWHERE')
      .map(({ message, hint }) => `${message}; ${hint}`)
    return { schedule, remarks: passesGate ? advice : [...advice, remark] }
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error
    throw new CommandError(error.code, `--schedule ${JSON.stringify(expression)}: ${error.message}`, {
      hint: error.hint ?? 'see "webstir add-job --help" for the forms of a schedule',
      cause: error,
    })
  }
}

function isPlain(expression: string): boolean {
  const fields = expression.trim().split(/\s+/)
  return (fields.length === 5 || fields.length === 6) && !/[@()]/.test(expression)
}

const SHOWN = 3

/** What a schedule means, shown after it was typed. `next`: ISO 8601, in UTC. */
export interface SchedulePreview {
  readonly words: string
  readonly timezone: string
  /** The next three fires; empty for a rate or `@reboot`, which begin when a scheduler does, and where there are none. */
  readonly next: readonly string[]
  /** The same for people, a line each. */
  readonly lines: readonly string[]
}

/** `now`: ms since the epoch. */
export function previewSchedule(schedule: Schedule, now: number): SchedulePreview {
  const about = { words: schedule.describe(), timezone: schedule.timezone }
  if (schedule.kind === 'reboot') return { ...about, next: [], lines: ['once, each time a scheduler starts'] }
  if (schedule.kind === 'rate') return { ...about, next: [], lines: rateLines(schedule, now) }
  const fires = schedule.take(SHOWN, new Date(now)).map((fire) => fire.getTime())
  return {
    ...about,
    next: fires.map((fire) => new Date(fire).toISOString()),
    lines:
      fires.length === 0
        ? ['never: that time has passed']
        : fires.map((fire) => fireLine(fire, schedule.timezone, now)),
  }
}

function fireLine(fire: number, timezone: string, now: number): string {
  return `${localTime(fire, timezone)}, ${relativeTime(fire, now)}`
}

/** A rate counts from the moment when a scheduler first sees it. */
function rateLines(schedule: Schedule, now: number): string[] {
  const [first, second] = schedule.take(2, new Date(now)).map((fire) => fire.getTime())
  if (first === undefined || second === undefined) return ['as soon as a scheduler sees it']
  const period = second - first
  return ['as soon as a scheduler sees it', ...[1, 2].map((count) => `${formatDuration(count * period)} after that`)]
}

/** An instant (ms since the epoch) by a zone's clock: `2026-12-01 09:00 +01:00 (Europe/Berlin)`; no zero seconds. */
export function localTime(instant: number, timezone: string): string {
  return timezone === 'UTC' ? clockText(instant, timezone) : `${clockText(instant, timezone)} (${timezone})`
}

interface Given {
  readonly schedule?: readonly string[]
  readonly timezone?: string | undefined
  readonly priority?: string | undefined
}

/**
 * Checks `--schedule`, `--timezone` and `--priority` as the manifest will be read: with `${NAME}` filled from the
 * environment, and the workspace's zone where none is given. Throws CommandError for what can't work; what is
 * only suspicious is returned as warnings. `now`: ms since the epoch.
 */
export async function readScheduleOptions(
  workspace: string,
  packageJson: string,
  { schedule = [], timezone, priority }: Given,
  now: number,
): Promise<{ previews: SchedulePreview[]; warnings: string[] }> {
  const warnings = labelWarnings(priority)
  const twin = schedule.find((text, index) => schedule.indexOf(text) !== index)
  if (twin !== undefined) throw new UsageError(`--schedule "${twin}" was given twice`, 'give each schedule once')
  const written = timezone ?? (schedule.length === 0 ? 'UTC' : await workspaceZone(workspace, packageJson))
  const filled = await fillFromEnvironment(workspace, [written, ...schedule])
  for (const name of filled.unset) {
    warnings.push(`the variable ${name} is not set here, so this can't be checked; set it where the job runs`)
  }
  const [zone = 'UTC', ...expressions] = filled.texts
  const isZoneKnown = !filled.unset.some((name) => written.includes(`\${${name}`))
  if (isZoneKnown)
    checkTimezone(zone, timezone === undefined ? 'package.json: webstir.scheduler.timezone' : '--timezone')
  if (filled.unset.length > 0) return { previews: [], warnings }
  const checked = expressions.map((expression) => checkSchedule(expression, zone, new Date(now)))
  return {
    previews: checked.map((each) => previewSchedule(each.schedule, now)),
    warnings: [...warnings, ...checked.flatMap(({ remarks }) => remarks)],
  }
}

async function workspaceZone(workspace: string, packageJson: string): Promise<string> {
  const { scheduler } = await parseDocument(workspace, packageJson)
  return typeof scheduler.timezone === 'string' ? scheduler.timezone : 'UTC'
}

async function fillFromEnvironment(
  workspace: string,
  texts: readonly string[],
): Promise<{ texts: string[]; unset: string[] }> {
  if (!texts.some((text) => text.includes('${'))) return { texts: [...texts], unset: [] }
  const env: Env = { ...process.env }
  await loadEnvFiles(workspace, env)
  const filled = texts.map((text) => fillText(text, env))
  return { texts: filled.map(({ value }) => value), unset: filled.flatMap(({ unset }) => unset) }
}

function labelWarnings(priority: string | undefined): string[] {
  if (priority === undefined || /^\s*[+-]?[\d.]+\s*$/.test(priority)) return []
  const labels = Object.keys(PRIORITY_LABELS)
  if (labels.includes(priority.toLowerCase())) return []
  const near = didYouMean(priority, labels)
  return [`the priority "${priority}" counts as 0; ${near ?? `known labels are ${labels.join(', ')}`}`]
}
