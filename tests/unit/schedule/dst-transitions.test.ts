import { describe, expect, it } from 'vitest'
import { localFires } from './fires.ts'

/*
 * cron(8), Debian: "If the time has moved forwards, those jobs which would have run in the time that was skipped will
 * be run soon after the change. Conversely, if the time has moved backward by less than 3 hours, those jobs that fall
 * into the repeated time will not be re-run. Only jobs that run at a particular time (not specified as @hourly, nor with
 * '*' in the hour or minute specifier) are affected." The changes are those of the IANA database.
 */
type Row = readonly [expression: string, timezone: string, after: string, fires: readonly string[]]

function table(rows: readonly Row[]): void {
  it.each(rows.map((row) => [...row] as const))('%s in %s after %s', (expression, timezone, after, fires) => {
    expect(localFires(expression, timezone, after, fires.length)).toEqual(fires)
  })
}

describe('a gap of one hour', () => {
  table([
    // Berlin, 29 March 2026: 02:00 becomes 03:00
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29 03:00 +02:00', '2026-03-30 02:30 +02:00']],
    ['0 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29 03:00 +02:00', '2026-03-30 02:00 +02:00']],
    ['0,20,40 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29 03:00 +02:00', '2026-03-30 02:00 +02:00']],
    ['30 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29 03:00 +02:00', '2026-03-29 03:30 +02:00']],
    ['0 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29 03:00 +02:00', '2026-03-30 02:00 +02:00']],
    ['*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:00Z', ['2026-03-29 01:30 +01:00', '2026-03-29 03:00 +02:00']],
    ['*/30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-30 02:00 +02:00']],
    ['0 */2 * * *', 'Europe/Berlin', '2026-03-28T22:30Z', ['2026-03-29 00:00 +01:00', '2026-03-29 04:00 +02:00']],
    ['30 2 31 3 *', 'Europe/Berlin', '2024-03-01T00:00Z', ['2024-03-31 03:00 +02:00', '2025-03-31 02:30 +02:00']],
    // Seconds don't count for the star; what was due within the gap comes at its end.
    ['30 30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29 03:00 +02:00', '2026-03-30 02:30:30 +02:00']],
    ['* 30 2 29 * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29 03:00 +02:00', '2026-04-29 02:30 +02:00']],
    // cronsim, test_008 and test_011, Riga 2021: 03:00 becomes 04:00
    [
      '0 1,2,3,4,5 * * *',
      'Europe/Riga',
      '2021-03-27T23:30Z',
      ['2021-03-28 02:00 +02:00', '2021-03-28 04:00 +03:00', '2021-03-28 05:00 +03:00'],
    ],
    ['0 3 * * *', 'Europe/Riga', '2021-03-27T23:30Z', ['2021-03-28 04:00 +03:00', '2021-03-29 03:00 +03:00']],
  ])
})

describe('a repetition of one hour', () => {
  table([
    // Berlin, 25 October 2026: 03:00 becomes 02:00
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25 02:30 +02:00', '2026-10-26 02:30 +01:00']],
    [
      '0,30 2,3 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25 02:00 +02:00', '2026-10-25 02:30 +02:00', '2026-10-25 03:00 +01:00'],
    ],
    [
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-25T00:00Z',
      ['2026-10-25 02:30 +02:00', '2026-10-25 02:00 +01:00', '2026-10-25 02:30 +01:00', '2026-10-25 03:00 +01:00'],
    ],
    [
      '30 */2 * * *',
      'Europe/Berlin',
      '2026-10-24T23:00Z',
      ['2026-10-25 02:30 +02:00', '2026-10-25 02:30 +01:00', '2026-10-25 04:30 +01:00'],
    ],
    // Debian's test is for the character: a range of all the minutes is a fixed time.
    ['0-59 2 * * *', 'Europe/Berlin', '2026-10-25T00:58Z', ['2026-10-25 02:59 +02:00', '2026-10-26 02:00 +01:00']],
    ['0-59 0-23 * * *', 'Europe/Berlin', '2026-10-25T00:58Z', ['2026-10-25 02:59 +02:00', '2026-10-25 03:00 +01:00']],
    [
      '@hourly',
      'Europe/Berlin',
      '2026-10-24T23:30Z',
      ['2026-10-25 02:00 +02:00', '2026-10-25 02:00 +01:00', '2026-10-25 03:00 +01:00'],
    ],
    [
      '*/30 30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25 02:30 +02:00', '2026-10-25 02:30:30 +02:00', '2026-10-26 02:30 +01:00'],
    ],
  ])
})

describe('asked from within the repetition, what has run does not run again', () => {
  table([
    // Two of the periods that time-zone.ts explores meet within these repetitions. All lie in the past: what is
    // planned for the future of a zone changes with the time-zone data of each Node version.
    ['57 2 * * *', 'Australia/Adelaide', '2016-04-02T17:25Z', ['2016-04-04 02:57 +09:30']],
    ['*/57 2 * * *', 'Australia/Adelaide', '2016-04-02T17:25Z', ['2016-04-03 02:57 +09:30']],
    ['55 1 * * *', 'Australia/Lord_Howe', '2015-04-04T15:20Z', ['2015-04-06 01:55 +10:30']],
    ['55 * * * *', 'Australia/Lord_Howe', '2015-04-04T15:20Z', ['2015-04-05 01:55 +10:30']],
  ])
})

describe('changes that are not one hour, or not at 02:00', () => {
  table([
    // Lord Howe: half an hour, 02:00 to 02:30 and back to 01:30
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00Z', ['2026-10-04 02:30 +11:00', '2026-10-05 02:15 +11:00']],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T12:00Z', ['2026-04-05 01:45 +11:00', '2026-04-06 01:45 +10:30']],
    ['45 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:00Z', ['2026-04-05 01:45 +11:00', '2026-04-05 01:45 +10:30']],
    // Troll: two hours, 01:00 to 03:00 and back
    ['30 1,2 * * *', 'Antarctica/Troll', '2026-03-28T12:00Z', ['2026-03-29 03:00 +02:00', '2026-03-30 01:30 +02:00']],
    [
      '30 1,2 * * *',
      'Antarctica/Troll',
      '2026-10-24T12:00Z',
      ['2026-10-25 01:30 +02:00', '2026-10-25 02:30 +02:00', '2026-10-26 01:30 +00:00'],
    ],
    // Havana: midnight does not exist, and comes twice
    ['0 0 * * *', 'America/Havana', '2026-03-07T12:00Z', ['2026-03-08 01:00 -04:00', '2026-03-09 00:00 -04:00']],
    ['0 0 * * *', 'America/Havana', '2026-10-31T12:00Z', ['2026-11-01 00:00 -04:00', '2026-11-02 00:00 -05:00']],
    ['@monthly', 'America/Havana', '2026-10-31T12:00Z', ['2026-11-01 00:00 -04:00', '2026-12-01 00:00 -05:00']],
    // Beirut: 00:00 becomes 01:00, and the last hour of the day comes twice
    ['30 23 * * *', 'Asia/Beirut', '2025-10-25T12:00Z', ['2025-10-25 23:30 +03:00', '2025-10-26 23:30 +02:00']],
    // Casablanca: back one hour for Ramadan, and forward again
    ['30 2 * * *', 'Africa/Casablanca', '2026-02-14T12:00Z', ['2026-02-15 02:30 +01:00', '2026-02-16 02:30 +00:00']],
    ['30 2 * * *', 'Africa/Casablanca', '2026-03-21T12:00Z', ['2026-03-22 03:00 +01:00', '2026-03-23 02:30 +01:00']],
    // St John's changed at 00:01 until 2011
    ['0 0 * * *', 'America/St_Johns', '2010-11-06T12:00Z', ['2010-11-07 00:00 -02:30', '2010-11-08 00:00 -03:30']],
    ['30 2 * * *', 'America/St_Johns', '2026-03-07T12:00Z', ['2026-03-08 03:00 -02:30']],
    // Kathmandu never changes
    ['0 12 * * *', 'Asia/Kathmandu', '2026-01-01T00:00Z', ['2026-01-01 12:00 +05:45']],
    // Pyongyang turned its clocks by half an hour, 2015 and 2018
    ['45 23 * * *', 'Asia/Pyongyang', '2018-05-04T12:00Z', ['2018-05-05 00:00 +09:00', '2018-05-05 23:45 +09:00']],
  ])
})

describe('changes of three hours and more are not smoothed over', () => {
  table([
    // Apia had no 30 December 2011
    ['0 12 * * *', 'Pacific/Apia', '2011-12-29T12:00Z', ['2011-12-29 12:00 -10:00', '2011-12-31 12:00 +14:00']],
    ['0 0 30 12 *', 'Pacific/Apia', '2011-12-01T00:00Z', ['2012-12-30 00:00 +14:00']],
    ['0 0 31 12 *', 'Pacific/Apia', '2011-12-01T00:00Z', ['2011-12-31 00:00 +14:00']],
    // Casey: 02:00 became 05:00, and 02:00 became 23:00 of the day before
    ['30 3 * * *', 'Antarctica/Casey', '2009-10-17T12:00Z', ['2009-10-19 03:30 +11:00']],
    [
      '30 1 * * *',
      'Antarctica/Casey',
      '2010-03-04T12:00Z',
      ['2010-03-05 01:30 +11:00', '2010-03-05 01:30 +08:00', '2010-03-06 01:30 +08:00'],
    ],
  ])
})
