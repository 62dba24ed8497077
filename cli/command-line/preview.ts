import { formatDuration } from '../../runtime/duration.ts'
import { relativeTime } from '../../runtime/relative-time.ts'
import type { Schedule } from '../../runtime/schedule/index.ts'
import { localTime } from './local-time.ts'

const SHOWN = 3

/** What a schedule means, for the one who has just typed it. `next`: ISO 8601, in UTC. */
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
