import { describe, expect, it } from 'vitest'
import type { Job } from '../../../runtime/manifest/index.ts'
import { parseSchedule } from '../../../runtime/schedule/index.ts'
import type { ScheduleCursor } from '../../../runtime/scheduler/cursor.ts'
import { dueFires, fireReboots, jitter } from '../../../runtime/scheduler/fires.ts'
import { jobWith } from '../../support/job.ts'

const at = (time: string): number => Date.parse(`2026-03-10T${time}Z`)

function lineAt(watermark: string, expression: string, overrides: Partial<Job> = {}): ScheduleCursor {
  const job = jobWith('report', [expression], overrides)
  const [definition] = job.schedules
  if (definition === undefined) throw new Error('the job has one schedule')
  return { job, definition, schedule: parseSchedule(expression), watermark: at(watermark) }
}

/** What becomes of the fires up to `now`, for a loop that was there since `aliveFrom`. */
const shown = (cursor: ScheduleCursor, now: string, aliveFrom: string) =>
  dueFires(cursor, at(now), at(aliveFrom)).fires.map(({ scheduledFor, trigger, skip, count }) => ({
    at: new Date(scheduledFor).toISOString().slice(11, 19),
    trigger,
    ...(skip === null ? {} : { skip: skip.cause, count }),
  }))

it('a fire that is due now is a fire of the schedule', () => {
  expect(shown(lineAt('09:59:00', '* * * * *'), '10:00:00', '09:00:00')).toEqual([
    { at: '10:00:00', trigger: 'schedule' },
  ])
})

it('nothing is due twice: the watermark itself is not', () => {
  expect(shown(lineAt('10:00:00', '* * * * *'), '10:00:30', '09:00:00')).toEqual([])
})

describe('fires that came due while the loop was there', () => {
  it.each(['none', 'latest', 'all'] as const)('all run where they are at most 60 s old, under %s too', (catchUp) => {
    const fires = shown(lineAt('10:00:00', '*/20 * * * * *', { catchUp }), '10:01:00', '09:00:00')
    expect(fires).toEqual([
      { at: '10:00:20', trigger: 'schedule' },
      { at: '10:00:40', trigger: 'schedule' },
      { at: '10:01:00', trigger: 'schedule' },
    ])
  })

  it('were missed where they are older', () => {
    expect(shown(lineAt('09:59:00', '*/20 * * * * *', { catchUp: 'none' }), '10:01:00', '09:00:00')).toEqual([
      { at: '09:59:40', trigger: 'catch-up', skip: 'missed', count: 2 },
      { at: '10:00:00', trigger: 'schedule' },
      { at: '10:00:20', trigger: 'schedule' },
      { at: '10:00:40', trigger: 'schedule' },
      { at: '10:01:00', trigger: 'schedule' },
    ])
  })
})

describe('fires that came due before the loop was there', () => {
  it('latest: the newest runs, the others are recorded as one', () => {
    expect(shown(lineAt('06:30:00', '0 * * * *'), '10:30:00', '10:30:00')).toEqual([
      { at: '09:00:00', trigger: 'catch-up', skip: 'coalesced', count: 3 },
      { at: '10:00:00', trigger: 'catch-up' },
    ])
  })

  it('latest: those less than a minute old are no exception', () => {
    expect(shown(lineAt('10:00:00', '*/2 * * * * *'), '10:01:15', '10:01:15')).toEqual([
      { at: '10:01:12', trigger: 'catch-up', skip: 'coalesced', count: 36 },
      { at: '10:01:14', trigger: 'schedule' },
    ])
  })

  it('none: of the last minute the newest runs, what is older is recorded as missed', () => {
    expect(shown(lineAt('10:00:00', '*/2 * * * * *', { catchUp: 'none' }), '10:01:15', '10:01:15')).toEqual([
      { at: '10:00:14', trigger: 'catch-up', skip: 'missed', count: 7 },
      { at: '10:01:12', trigger: 'catch-up', skip: 'coalesced', count: 29 },
      { at: '10:01:14', trigger: 'schedule' },
    ])
  })

  it('none: a lone one that is merely late runs', () => {
    expect(shown(lineAt('07:59:00', '*/30 * * * *', { catchUp: 'none' }), '10:00:30', '10:00:30')).toEqual([
      { at: '09:30:00', trigger: 'catch-up', skip: 'missed', count: 4 },
      { at: '10:00:00', trigger: 'schedule' },
    ])
  })

  it('all: each runs, in order', () => {
    expect(shown(lineAt('07:30:00', '0 * * * *', { catchUp: 'all' }), '10:00:30', '10:00:30')).toEqual([
      { at: '08:00:00', trigger: 'catch-up' },
      { at: '09:00:00', trigger: 'catch-up' },
      { at: '10:00:00', trigger: 'catch-up' },
    ])
  })

  it('all: each waits for those before it, unless they may run beside each other', () => {
    const overlapOf = (overlap: Job['overlap']) =>
      dueFires(lineAt('08:30:00', '0 * * * *', { catchUp: 'all', overlap }), at('10:30:00'), at('10:30:00')).fires.map(
        (fire) => fire.overlap,
      )
    expect(overlapOf('skip')).toEqual(['queue', 'queue'])
    expect(overlapOf('cancel')).toEqual(['queue', 'queue'])
    expect(overlapOf('allow')).toEqual(['allow', 'allow'])
  })

  it('outside the window: one summary, whatever catchUp says', () => {
    const hourly = lineAt('02:30:00', '0 * * * *', { catchUp: 'all', catchUpWindow: 3_600_000 })
    expect(shown(hourly, '10:30:00', '10:30:00')).toEqual([
      { at: '09:00:00', trigger: 'catch-up', skip: 'missed', count: 7 },
      { at: '10:00:00', trigger: 'catch-up' },
    ])
  })

  it('more than a thousand to catch up come in several ticks, and none is lost between them', () => {
    const cursor = lineAt('00:00:00', '* * * * * *', { catchUp: 'all' })
    const first = dueFires(cursor, at('01:00:00'), at('01:00:00'))
    expect(first.fires).toHaveLength(1000)
    expect(first.watermark).toBe(at('00:16:40'))
    const second = dueFires({ ...cursor, watermark: first.watermark }, at('01:00:00'), at('01:00:00'))
    expect(second.fires[0]?.scheduledFor).toBe(at('00:16:41'))
  })
})

it('a disabled job makes one record of all its fires, with what turned it off', () => {
  const cursor = lineAt('09:30:00', '*/10 * * * *', { enabled: false, disabledBy: 'REPORT_ENABLED=false' })
  const { fires } = dueFires(cursor, at('10:00:00'), at('09:00:00'))
  expect(fires).toHaveLength(1)
  expect(fires[0]).toMatchObject({ count: 3, skip: { cause: 'disabled', reason: 'disabled: REPORT_ENABLED=false' } })
})

it.each(['skip', 'queue', 'allow', 'cancel'] as const)(
  'an @reboot fire meets the overlap of its job: %s',
  async (overlap) => {
    const [settled] = await fireReboots([lineAt('10:00:00', '@reboot', { overlap })], at('10:00:00'), async (fires) =>
      fires.map((fire) => ({ outcome: 'queued', fire, executionId: 'one' })),
    )
    expect(settled?.fire).toMatchObject({ overlap, scheduledFor: at('10:00:00'), after: [] })
  },
)

describe('jitter', () => {
  const job = jobWith('report', [], { jitter: 60_000 })

  it('depends on job and instant alone, and lies in its range', () => {
    const delays = Array.from({ length: 200 }, (_, index) => jitter(job, at('10:00:00') + index * 60_000, undefined))
    expect(delays).toEqual(delays.map((_, index) => jitter(job, at('10:00:00') + index * 60_000, undefined)))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...delays)).toBeLessThan(60_000)
    expect(new Set(delays).size).toBeGreaterThan(150)
  })

  it('never goes past the next fire', () => {
    for (let instant = 0; instant < 100_000; instant += 1000) {
      expect(jitter(job, instant, instant + 1000)).toBeLessThan(1000)
    }
  })
})
