import type { CronSchedule } from './cron-schedule.ts'

export function describeCron(schedule: CronSchedule): string {
  return `cron ${schedule.expression.trim()}`
}
