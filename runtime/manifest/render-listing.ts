import { type Column, renderTable } from '../support/table.ts'
import { absoluteTime, relativeTime } from '../support/time-text.ts'
import type { ListedJob, ListedSchedule } from './listing.ts'

const COLUMNS: readonly Column[] = [
  { title: 'Name' },
  { title: 'Schedule' },
  { title: 'Next run' },
  { title: 'Priority' },
  { title: 'Description' },
]

/** The table of jobs for people: a row for each schedule, then what is wrong. `now`: ms since the epoch. */
export function renderJobList(listed: readonly ListedJob[], now: number, options: { color?: boolean } = {}): string {
  if (listed.length === 0) return 'No jobs yet. Add one: webstir add-job nightly --schedule "0 0 * * *"\n'
  const paint = options.color === true ? red : plain
  const rows: string[][] = []
  const faults: string[] = []
  const times = new Map<string, string>()
  for (const job of listed) {
    const add = (schedule: string, next: string): void => {
      rows.push([job.name, schedule, next, String(job.priority ?? '-'), job.description ?? ''])
    }
    if (job.problem !== null) faults.push(`${job.name}: ${job.problem}`)
    const isUnknown = job.codeSchedules === 'unknown'
    if (job.problem !== null && job.schedules.length === 0) {
      add('-', paint('invalid'))
    } else if (job.schedules.length === 0 && !isUnknown) {
      add('-', job.enabled ? 'only when asked' : disabled(job))
    }
    for (const schedule of job.schedules) {
      add(scheduleCell(schedule), nextCell(job, schedule, times, now, paint))
      if (schedule.problem !== null) faults.push(`${job.name}: ${schedule.problem}`)
    }
    if (isUnknown) add('? [code]', job.enabled ? 'unknown until a build' : disabled(job))
  }
  const table = renderTable(COLUMNS, rows, options)
  return faults.length === 0 ? table : `${table}\n${faults.map((fault) => `${paint('invalid')}  ${fault}\n`).join('')}`
}

function scheduleCell({ schedule, timezone, origin }: ListedSchedule): string {
  if (timezone === 'UTC' && origin === 'manifest') return schedule
  const zone = timezone === 'UTC' ? '' : ` (${timezone})`
  return `${schedule}${zone}${origin === 'code' ? ' [code]' : ''}`
}

function nextCell(
  job: ListedJob,
  { next, note, problem }: ListedSchedule,
  times: Map<string, string>,
  now: number,
  paint: Paint,
): string {
  if (problem !== null) return paint('invalid')
  if (!job.enabled) return disabled(job)
  if (next === null) return note ?? '-'
  let text = times.get(next)
  if (text === undefined) {
    const instant = Date.parse(next)
    text = `${relativeTime(instant, now)} (${absoluteTime(instant)})`
    times.set(next, text)
  }
  return text
}

const disabled = (job: ListedJob): string => (job.disabledBy === null ? 'disabled' : `disabled (${job.disabledBy})`)

type Paint = (text: string) => string
const plain: Paint = (text) => text
const red: Paint = (text) => `\x1b[31m${text}\x1b[39m`
