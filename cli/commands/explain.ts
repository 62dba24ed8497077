import {
  type Advice,
  adviseSchedule,
  explainSchedule,
  formatLocal,
  parseSchedule,
  type Schedule,
  ScheduleError,
  type ScheduleExplanation,
} from '../../runtime/schedule/index.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { renderTable } from '../../runtime/support/table.ts'
import { relativeTime } from '../../runtime/support/time-text.ts'
import { pointAt } from '../command-line/caret.ts'
import { CommandError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'

export interface ExplainOptions {
  /** The words of one expression. */
  readonly expr: readonly string[]
  /** Default: UTC. */
  readonly timezone?: string | undefined
}

/** What `explain --json` prints; documented and stable. Times are ISO 8601, in UTC. */
export interface ExplainedSchedule extends Omit<ScheduleExplanation, 'daylight'> {
  /** Empty for what begins when a scheduler does, and for what never comes. */
  readonly next: readonly string[]
  /** Why `next` is empty. */
  readonly note: string | null
  /** What daylight saving does to it in this and the next year. */
  readonly daylight: readonly {
    date: string
    kind: string
    local: string
    utc: string | null
    count: number
    note: string
  }[]
  readonly advice: readonly Advice[]
}

const SHOWN = 5

/** Explains a schedule: in words, field by field, its next fires, and what daylight saving does to it. */
export async function explain(options: ExplainOptions, io: Output): Promise<ExplainedSchedule> {
  const now = new Date(systemClock.now())
  const schedule = parsed(options.expr.join(' '), options.timezone ?? 'UTC')
  const year = now.getUTCFullYear()
  const { daylight, ...about } = explainSchedule(schedule, new Date(Date.UTC(year, 0)), new Date(Date.UTC(year + 2, 0)))
  const next = schedule.kind === 'rate' || schedule.kind === 'reboot' ? [] : schedule.take(SHOWN, now)
  const explained: ExplainedSchedule = {
    ...about,
    next: next.map((fire) => fire.toISOString()),
    note: next.length > 0 ? null : noteOf(schedule),
    daylight: daylight.map(({ date, kind, local, utc, count, note }) => ({
      date,
      kind,
      local,
      utc: utc === null ? null : utc.toISOString(),
      count,
      note,
    })),
    advice: adviseSchedule(schedule, now),
  }
  if (io.json) io.data(explained)
  else report(explained, now, io)
  return explained
}

/** Throws CommandError that points at what is wrong. */
function parsed(expression: string, timezone: string): Schedule {
  try {
    return parseSchedule(expression, { timezone })
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error
    const place = error.code === 'SCHEDULE_UNKNOWN_TIMEZONE' ? '' : pointAt(expression, error.position)
    throw new CommandError(error.code, `${error.message}${place}`, { hint: error.hint, cause: error })
  }
}

function noteOf(schedule: Schedule): string {
  if (schedule.kind === 'reboot') return 'once, each time a scheduler starts'
  if (schedule.kind === 'rate') return `on start, then ${schedule.describe()}`
  return 'never again: all of its times have passed'
}

function report(explained: ExplainedSchedule, now: Date, { out, color }: Output): void {
  const { expression, timezone, description, fields, rules, next, note, daylight, advice } = explained
  const year = now.getUTCFullYear()
  const title = (text: string): void => {
    out('')
    out(color.bold(text))
  }
  const table = (rows: readonly (readonly string[])[]): void => {
    const [, ...lines] = renderTable(
      (rows[0] ?? []).map(() => ({ title: '' })),
      rows,
    )
      .trimEnd()
      .split('\n')
    for (const line of lines) out(`  ${line}`)
  }
  out(`${color.bold(expression)}  ${description}`)
  if (fields.length > 0) {
    title('Fields')
    table(fields.map(({ field, text, meaning }) => [field, text, meaning]))
  }
  if (rules.length > 0) {
    title('Rules')
    for (const rule of rules) out(`  ${rule}`)
  }
  title(`Next fires (${timezone})`)
  if (note !== null) out(`  ${note}`)
  else {
    table(
      next.map((iso) => {
        const fire = new Date(iso)
        const utc = timezone === 'UTC' ? [] : [iso.replace('.000Z', 'Z')]
        return [formatLocal(fire, timezone), ...utc, relativeTime(fire.getTime(), now.getTime())]
      }),
    )
  }
  title(`Daylight saving in ${year} and ${year + 1}`)
  if (daylight.length === 0) out('  No change of the clock touches it.')
  else table(daylight.map(({ date, kind, note }) => [date, kind, note]))
  if (advice.length === 0) return
  title('Mind')
  for (const { message, hint } of advice) out(`  ${message}; ${hint}`)
}
