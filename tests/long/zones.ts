import { offsetAt, offsetsOn } from './oracle.ts'

/** Zones whose changes are not all one hour at 02:00, and some that are. */
export const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/London',
  'Europe/Riga',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'America/Sao_Paulo',
  'America/Asuncion',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Beirut',
  'Asia/Gaza',
  'Asia/Tehran',
  'Asia/Kathmandu',
  'Asia/Pyongyang',
  'Antarctica/Troll',
  'Antarctica/Casey',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Apia',
] as const

export const FIRST_DAY = dayOf('2008-01-01')
export const LAST_DAY = dayOf('2031-01-01')

const changes = new Map<string, number[]>()

/** The days between FIRST_DAY and LAST_DAY on which the clock of a zone changes. */
export function changeDays(timezone: string): readonly number[] {
  let days = changes.get(timezone)
  if (days === undefined) {
    days = []
    for (let week = FIRST_DAY; week < LAST_DAY; week += 7) {
      if (offsetAt(timezone, week * 1440) === offsetAt(timezone, (week + 7) * 1440)) continue
      for (let day = week; day < week + 7; day++) if (typeof offsetsOn(timezone, day) !== 'number') days.push(day)
    }
    changes.set(timezone, days)
  }
  return days
}

function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000
}
