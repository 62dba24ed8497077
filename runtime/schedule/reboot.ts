import { BaseSchedule } from './schedule.ts'

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
