import { ScheduleError } from './errors.ts'

/** When something is due. Immutable; it knows no clock, no store and no job. */
export interface Schedule {
  /** As typed. */
  readonly expression: string
  /** The IANA zone whose clock it follows, as given; `UTC` by default. */
  readonly timezone: string
  readonly kind: ScheduleKind
  /** The first fire strictly after an instant; null where nothing comes within 50 years. Throws for an invalid Date. */
  next(after: Date): Date | null
  /** The last fire strictly before an instant; null where there was nothing for 50 years. */
  previous(before: Date): Date | null
  /** The next fires, at most `count`. */
  take(count: number, after: Date): Date[]
  /** The fires from `from` on and before `to`, one at a time. */
  between(from: Date, to: Date): Iterable<Date>
  /** In plain English, with the time zone where it is not UTC. */
  describe(): string
}

export type ScheduleKind = 'cron' | 'rate' | 'at' | 'reboot'

/** How far `next` and `previous` look: 50 years of 365.25 days, in milliseconds. */
export const HORIZON = 50 * 365.25 * 86_400_000

/** What all schedules do alike, from their own `next` and `previous`. */
export abstract class BaseSchedule implements Schedule {
  readonly expression: string
  abstract readonly kind: ScheduleKind
  abstract readonly timezone: string

  constructor(expression: string) {
    this.expression = expression
  }

  /** Milliseconds in, milliseconds out, null or a time beyond the horizon for nothing. */
  protected abstract nextTime(after: number): number | null
  protected abstract previousTime(before: number): number | null
  abstract describe(): string

  next(after: Date): Date | null {
    const from = timeOf(after)
    const time = this.nextTime(from)
    return time === null || time - from > HORIZON ? null : new Date(time)
  }

  previous(before: Date): Date | null {
    const from = timeOf(before)
    const time = this.previousTime(from)
    return time === null || from - time > HORIZON ? null : new Date(time)
  }

  take(count: number, after: Date): Date[] {
    const fires: Date[] = []
    let fire = this.next(after)
    while (fire !== null && fires.length < count) {
      fires.push(fire)
      fire = this.next(fire)
    }
    return fires
  }

  *between(from: Date, to: Date): Generator<Date, void, undefined> {
    const end = timeOf(to)
    let fire = this.next(new Date(timeOf(from) - 1))
    while (fire !== null && fire.getTime() < end) {
      yield fire
      fire = this.next(fire)
    }
  }
}

function timeOf(instant: Date): number {
  const time = instant.getTime()
  if (Number.isNaN(time)) {
    throw new ScheduleError('SCHEDULE_INSTANT', 'the instant is an invalid Date', {
      hint: 'pass a Date that holds a time, such as new Date()',
    })
  }
  return time
}

/** `@reboot`: once each time a scheduler starts to watch, so at no instant that could be computed. */
export class RebootSchedule extends BaseSchedule {
  readonly kind = 'reboot'
  readonly timezone: string

  constructor(expression: string, timezone: string) {
    super(expression)
    this.timezone = timezone
  }

  describe(): string {
    return 'once each time the scheduler starts'
  }

  protected nextTime(): null {
    return null
  }

  protected previousTime(): null {
    return null
  }
}
