import { describe, expect, it } from 'vitest'
import { nominalTimeOf, parseSchedule } from '../../../../runtime/schedule/index.ts'
import { planNominalTimes } from '../../../../runtime/store/rules/nominal-times.ts'
import { fireOf } from '../../../conformance/fixtures.ts'

/** Zones that changed their clocks by other than an hour, across the date line, or twice in a year and more. */
const ZONES = [
  ...['Africa/Casablanca', 'Africa/Cairo', 'America/Caracas', 'America/Vancouver', 'Antarctica/Casey'],
  ...['Antarctica/Troll', 'Asia/Kathmandu', 'Asia/Pyongyang', 'Australia/Lord_Howe', 'Europe/Dublin'],
  ...['Europe/Volgograd', 'Pacific/Apia', 'Pacific/Kiritimati', 'Pacific/Kwajalein'],
]
const EXPRESSIONS = ['0,20,40 2 * * *', '0 0,5 * * *', '59 23 * * *']
/** Years in which they did. */
const YEARS = [1993, 1994, 2010, 2011, 2015, 2018, 2020]

describe('where all nodes have the same time-zone data', () => {
  for (const timezone of ZONES) {
    it(`no fire is taken for dealt with, in ${timezone}`, () => {
      for (const expression of EXPRESSIONS) {
        const schedule = parseSchedule(expression, { timezone })
        const due = YEARS.flatMap((year) => [
          ...schedule.between(new Date(Date.UTC(year, 0, 1)), new Date(Date.UTC(year + 1, 0, 1))),
        ])
        const fires = due.map((instant) =>
          fireOf('a', instant.getTime(), { nominal: nominalTimeOf(schedule, instant.getTime()) }),
        )
        const { dealtWith } = planNominalTimes(fires, new Map([['a-key', 0]]), new Map())
        expect(
          [...dealtWith].map((position) => fires[position]),
          expression,
        ).toEqual([])
      }
    })
  }
})

it('a fire that no watermark covers, and one at or before the watermark, change nothing', () => {
  const nominal = { local: 5000, correctedAt: null }
  const fires = [fireOf('a', 1000, { nominal }), fireOf('b', 2000, { nominal })]
  const { dealtWith, moved } = planNominalTimes(fires, new Map([['a-key', 1000]]), new Map())
  expect([dealtWith.size, moved.size]).toEqual([0, 0])
})
