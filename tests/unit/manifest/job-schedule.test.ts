import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openSchedule, scheduleKey } from '../../../runtime/manifest/job-schedule.ts'
import { planOf } from '../../../runtime/schedule/parse.ts'

describe('the key of a schedule', () => {
  it('is the same for ever: stores hold it', () => {
    expect(scheduleKey('nightly', { text: '0 0 * * *', timezone: 'UTC', args: [] })).toBe('4a81772c2d66afc4')
    expect(scheduleKey('a', { text: '@daily', timezone: 'Asia/Tokyo', args: ['x', { b: 1, a: [null] }] })).toBe(
      'ccdba4d21c05a72b',
    )
  })

  it('does not depend on the order of keys in arguments', () => {
    const one = scheduleKey('a', { text: '@daily', timezone: 'UTC', args: [{ a: 1, b: 2 }] })
    const two = scheduleKey('a', { text: '@daily', timezone: 'UTC', args: [{ b: 2, a: 1 }] })

    expect(one).toBe(two)
  })

  it('differs for whatever differs', () => {
    const part = fc.record({ job: fc.string(), text: fc.string(), timezone: fc.constantFrom('UTC', 'Asia/Tokyo') })
    fc.assert(
      fc.property(part, part, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b)
        const keyOf = ({ job, ...schedule }: typeof a) => scheduleKey(job, { ...schedule, args: [] })
        // A line feed separates the parts, and neither names nor zones can hold one.
        fc.pre(![a, b].some(({ job }) => job.includes('\n')))
        expect(keyOf(a) === keyOf(b)).toBe(same)
      }),
    )
  })

  it('does not collide among 200,000 schedules of one job', () => {
    const keys = new Set<string>()
    for (let n = 0; n < 200_000; n++)
      keys.add(scheduleKey('job', { text: `${n % 60} * * * *`, timezone: 'UTC', args: [n] }))

    expect(keys.size).toBe(200_000)
  })
})

describe('a schedule, opened', () => {
  it('fires by the clock of its own zone', () => {
    const schedule = openSchedule({ expression: '0 9 * * *', timezone: 'Asia/Tokyo' })
    expect(schedule.next(new Date('2026-03-01T12:00:00Z'))?.toISOString()).toBe('2026-03-02T00:00:00.000Z')
  })

  it('counts a rate from its anchor', () => {
    const anchor = Date.parse('2026-03-01T12:00:05Z')
    const schedule = openSchedule({ expression: 'rate(1 hour)', timezone: 'UTC' }, { anchor })
    expect(schedule.next(new Date(anchor))?.getTime()).toBe(anchor + 3_600_000)
  })

  it('takes the plan that the build has made of its expression', () => {
    const plan = planOf('30 4 * * *')
    if (plan === null) throw new Error('a cron expression has a plan')
    const schedule = openSchedule({ expression: '0 9 * * *', timezone: 'UTC' }, { plans: { '0 9 * * *': plan } })
    expect(schedule.next(new Date('2026-03-01T12:00:00Z'))?.toISOString()).toBe('2026-03-02T04:30:00.000Z')
  })
})
