import { dateOf, yearOf } from '../calendar.ts'
import { BaseSchedule } from '../schedule.ts'
import { MAX_SHIFT, type Zone } from '../time-zone.ts'
import { describeCron } from './describe.ts'
import { type CronPlan, nextLocal, previousLocal } from './plan.ts'

/** 50 years, and one more for the parts of years at both ends. */
const YEARS = 51

/**
 * A cron expression in a zone, after Debian's cron: cron(8), and the main loop of its source. A job whose minute or
 * hour begins with `*` fires whenever the zone's clock shows a time that matches, in both passes of a repeated hour. Any
 * other job follows cron's "virtual time", which never goes back and catches up at the end of a gap.
 */
export class CronSchedule extends BaseSchedule {
  readonly kind = 'cron'
  readonly plan: CronPlan
  readonly zone: Zone

  constructor(expression: string, plan: CronPlan, zone: Zone) {
    super(expression)
    this.plan = plan
    this.zone = zone
  }

  get timezone(): string {
    return this.zone.name
  }

  describe(): string {
    return describeCron(this.plan, this.timezone)
  }

  protected nextTime(after: number): number | null {
    const { plan, zone } = this
    let instant = Math.floor(after / 1000) + 1
    const lastYear = yearOf(dateOf(Math.floor(instant / 86_400))) + YEARS
    for (;;) {
      const { start, end, offset, reached } = zone.periodAt(instant)
      let from = instant + offset
      if (!plan.followsElapsedTime) from = instant === start ? reached : Math.max(from, reached)
      const local = nextLocal(plan, from, lastYear)
      if (Number.isNaN(local)) return null
      // What fell into the gap before this period fires at the gap's end.
      const fire = Math.max(local - offset, start)
      if (fire < end) return fire * 1000
      // Up to `local` no clock time matches, so we may leap, but only over periods whose clock is past `from`.
      instant = end - instant > MAX_SHIFT ? Math.max(end, local - MAX_SHIFT) : end
    }
  }

  protected previousTime(before: number): number | null {
    const { plan, zone } = this
    let instant = Math.ceil(before / 1000) - 1
    const firstYear = yearOf(dateOf(Math.floor(instant / 86_400))) - YEARS
    for (;;) {
      const { start, offset, reached } = zone.periodAt(instant)
      const local = previousLocal(plan, instant + offset, firstYear)
      if (Number.isNaN(local)) return null
      if (local >= (plan.followsElapsedTime ? start + offset : reached)) return Math.max(local - offset, start) * 1000
      instant = instant - start > MAX_SHIFT ? Math.min(start - 1, local + MAX_SHIFT) : start - 1
    }
  }
}
