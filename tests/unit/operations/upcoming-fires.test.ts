import { describe, expect, it } from 'vitest'
import { upcomingFires } from '../../../runtime/operations/upcoming-fires.ts'
import { jobWith } from '../../support/job.ts'

const at = (text: string): number => Date.parse(text)
const NOW = at('2026-03-01T12:00:00Z')
const range = (given: Partial<Parameters<typeof upcomingFires>[1]> = {}) => ({
  after: NOW,
  before: null,
  most: 10,
  anchors: new Map<string, number>(),
  ...given,
})
const shown = (fires: ReturnType<typeof upcomingFires>['fires']) =>
  fires.map(({ job, at }) => `${at === null ? 'dropped' : new Date(at).toISOString().slice(5, 16)} ${job.name}`)

describe('the fires to come', () => {
  it('are merged over jobs and schedules in order of time, then priority, then name', () => {
    const jobs = [
      jobWith('low', ['0 * * * *'], { priority: -10 }),
      jobWith('b', ['0 13 * * *', '30 12 * * *']),
      jobWith('a', ['0 13 * * *']),
      jobWith('high', ['0 13 * * *'], { priority: 10 }),
    ]
    expect(shown(upcomingFires(jobs, range({ most: 6 })).fires)).toEqual([
      '03-01T12:30 b',
      '03-01T13:00 high',
      '03-01T13:00 a',
      '03-01T13:00 b',
      '03-01T13:00 low',
      '03-01T14:00 low',
    ])
  })

  it('begin strictly after the start and end before the end', () => {
    const jobs = [jobWith('a', ['0 * * * *'])]
    const before = at('2026-03-01T15:00:00Z')
    expect(shown(upcomingFires(jobs, range({ before })).fires)).toEqual(['03-01T13:00 a', '03-01T14:00 a'])
  })

  it('say when there are more of them than asked for, also in the middle of an instant', () => {
    const jobs = ['a', 'b', 'c'].map((name) => jobWith(name, ['0 0 * * *']))
    const before = at('2026-03-02T12:00:00Z')
    expect(upcomingFires(jobs, range({ before, most: 3 })).isCut).toBe(false)
    const cut = upcomingFires(jobs, range({ before, most: 2 }))
    expect(cut.isCut).toBe(true)
    expect(cut.fires.map(({ together }) => together)).toEqual([3, 3])
  })

  it('of a second-by-second job over decades are bounded work', () => {
    const started = performance.now()
    const upcoming = upcomingFires([jobWith('a', ['* * * * * *'])], range({ before: at('2070-01-01'), most: 10_000 }))
    expect(upcoming.fires).toHaveLength(10_000)
    expect(upcoming.isCut).toBe(true)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('count the jobs that fire together, not their schedules', () => {
    const jobs = [jobWith('a', ['0 13 * * *', '0 13 1 * *']), jobWith('b', ['0 13 * * *'])]
    expect(upcomingFires(jobs, range({ most: 3 })).fires.map(({ together }) => together)).toEqual([2, 2, 2])
  })

  it('mark what daylight saving moves, merges, drops and repeats', () => {
    const timezone = 'Europe/Berlin'
    const jobs = [
      jobWith('fixed', ['15 2 * * *', '30 2 * * *'], { timezone }),
      jobWith('elapsed', ['*/30 2 * * *'], { timezone }),
    ]
    const spring = upcomingFires(jobs, range({ after: at('2026-03-28T12:00Z'), before: at('2026-03-29T12:00Z') }))
    expect(spring.fires.map(({ job, at, daylight }) => [job.name, at === null, daylight?.kind])).toEqual([
      ['fixed', false, 'moved'],
      ['fixed', false, 'moved'],
      ['elapsed', true, 'dropped'],
    ])
    const [, , dropped] = spring.fires
    expect(dropped?.position).toBe(at('2026-03-29T01:00Z'))
    const autumn = upcomingFires(jobs, range({ after: at('2026-10-24T12:00Z'), before: at('2026-10-25T12:00Z') }))
    expect(autumn.fires.map(({ job, daylight }) => [job.name, daylight?.kind])).toEqual([
      ['elapsed', 'runs-twice'],
      ['fixed', 'repeated-once'],
      ['elapsed', undefined],
      ['fixed', 'repeated-once'],
      ['elapsed', undefined],
      ['elapsed', undefined],
    ])
  })

  it('of a rate are known by its anchor alone', () => {
    const job = jobWith('poll', ['rate(5 minutes)'])
    const key = job.schedules[0]?.key ?? ''
    const without = upcomingFires([job], range())
    expect(without.fires).toEqual([])
    expect(without.silent.map(({ note }) => note)).toEqual(['on start, then every 5 minutes'])
    const anchors = new Map([[key, at('2026-03-01T11:58:30Z')]])
    const [first] = upcomingFires([job], range({ anchors, most: 1 })).fires
    expect(first?.at).toBe(at('2026-03-01T12:03:30Z'))
  })

  it('are none for what is off, wrong, over or begins with a scheduler, and that is said', () => {
    const broken = jobWith('broken', ['0 0 * * *'])
    const jobs = [
      jobWith('off', ['0 0 * * *'], { disabledBy: 'OFF_ENABLED=false' }),
      { ...broken, schedules: broken.schedules.map((one) => ({ ...one, problem: 'it is wrong' })) },
      jobWith('past', ['at(2020-01-01T00:00:00)']),
      jobWith('boot', ['@reboot']),
      jobWith('by-hand'),
    ]
    const { fires, silent } = upcomingFires(jobs, range())
    expect(fires).toEqual([])
    expect(silent.map(({ job, note }) => [job.name, note])).toEqual([
      ['off', 'disabled (OFF_ENABLED=false)'],
      ['broken', 'invalid: it is wrong'],
      ['boot', 'on start'],
      ['past', 'never again'],
    ])
  })

  it('know how much later their jitter lets them start', () => {
    const [fire, next] = upcomingFires([jobWith('a', ['* * * * *'], { jitter: 300_000 })], range({ most: 2 })).fires
    expect(fire?.jitter).toBeGreaterThanOrEqual(0)
    expect(fire?.jitter).toBeLessThan((next?.at ?? 0) - (fire?.at ?? 0))
  })
})
