import { type Env, loadEnvFiles } from '../../runtime/env.ts'
import { parseDocument } from '../../runtime/manifest/document.ts'
import { fillText } from '../../runtime/manifest/interpolate.ts'
import { PRIORITY_LABELS } from '../../runtime/manifest/priority.ts'
import { isTimezone, suggestTimezone } from '../../runtime/schedule/index.ts'
import { didYouMean } from '../../runtime/suggest.ts'
import { checkSchedule } from '../command-line/check-schedule.ts'
import { CommandError } from '../command-line/errors.ts'
import { previewSchedule, type SchedulePreview } from '../command-line/preview.ts'

interface Given {
  readonly schedule?: string | undefined
  readonly timezone?: string | undefined
  readonly priority?: string | undefined
}

/**
 * Checks `--schedule`, `--timezone` and `--priority` as the manifest will be read: with `${NAME}` filled from the
 * environment, and the workspace's zone where none is given. Throws CommandError for what would never work; what is
 * only odd comes back as warnings. `now`: ms since the epoch.
 */
export async function readScheduleOptions(
  workspace: string,
  packageJson: string,
  { schedule, timezone, priority }: Given,
  now: number,
): Promise<{ preview: SchedulePreview | null; warnings: string[] }> {
  const warnings = labelWarnings(priority)
  const written = timezone ?? (schedule === undefined ? 'UTC' : await workspaceZone(workspace, packageJson))
  const filled = await fillFromEnvironment(workspace, [written, schedule ?? ''])
  for (const name of filled.unset) {
    warnings.push(`the variable ${name} is not set here, so this can't be checked; the job needs it where it runs`)
  }
  const [zone = 'UTC', expression = ''] = filled.texts
  const isZoneKnown = !filled.unset.some((name) => written.includes(`\${${name}`))
  if (isZoneKnown) checkZone(zone, timezone === undefined)
  if (schedule === undefined || filled.unset.length > 0) return { preview: null, warnings }
  const { schedule: parsed, remarks } = checkSchedule(expression, zone, new Date(now))
  return { preview: previewSchedule(parsed, now), warnings: [...warnings, ...remarks] }
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

function checkZone(zone: string, isDefault: boolean): void {
  if (zone === 'UTC' || isTimezone(zone)) return
  const near = suggestTimezone(zone)
  const place = isDefault ? 'package.json: webstir.scheduler.timezone' : '--timezone'
  throw new CommandError('TIMEZONE', `${place}: "${zone}" is no time zone`, {
    hint: near === undefined ? 'use an IANA name such as Europe/Berlin, or UTC' : `did you mean ${near}?`,
  })
}

function labelWarnings(priority: string | undefined): string[] {
  if (priority === undefined || /^\s*[+-]?[\d.]+\s*$/.test(priority)) return []
  const labels = Object.keys(PRIORITY_LABELS)
  if (labels.includes(priority.toLowerCase())) return []
  const near = didYouMean(priority, labels)
  return [`the priority "${priority}" counts as 0; ${near ?? `labels that count are ${labels.join(', ')}`}`]
}
