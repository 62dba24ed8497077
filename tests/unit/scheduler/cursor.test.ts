import { expect, it } from 'vitest'
import { LoopSchedules, scheduleFiringAt } from '../../../runtime/scheduler/cursor.ts'
import { openStore } from '../../../runtime/store/open.ts'
import { jobWith } from '../../support/job.ts'

const NOON = Date.parse('2026-03-01T12:00:00Z')

it('the schedules of a loop are parsed once, however often they are registered', async () => {
  const store = await openStore('memory:')
  const schedules = new LoopSchedules([jobWith('report', ['0 * * * *', '@reboot'])])
  expect(schedules.cursors).toBeUndefined()

  const [first] = await schedules.register(store, { now: NOON, retireOthers: true })
  const [reboot] = schedules.reboots
  const [again] = await schedules.register(store, { now: NOON + 1, retireOthers: false })

  expect(again?.schedule).toBe(first?.schedule)
  expect(schedules.reboots[0]?.schedule).toBe(reboot?.schedule)
  expect(reboot?.definition.text).toBe('@reboot')
})

it('a cursor is at the stored watermark, and counts a rate from the anchor that the store keeps', async () => {
  const store = await openStore('memory:')
  const jobs = [jobWith('report', ['0 * * * *', 'rate(7 minutes)', 'at(2026-02-01T00:00:00)'])]
  await new LoopSchedules(jobs).register(store, { now: NOON + 5000, retireOthers: true })

  const cursors = await new LoopSchedules(jobs).register(store, { now: NOON + 60_000, retireOthers: true })

  expect(cursors.map(({ watermark }) => watermark - NOON)).toEqual([5000, 4999, -NOON])
  expect(cursors[1]?.schedule.next(new Date(NOON + 5000))?.getTime()).toBe(NOON + 5000 + 7 * 60_000)
})

it('a schedule that can not be read has no cursor', async () => {
  const store = await openStore('memory:')
  const job = jobWith('report', ['0 * * * *', 'nonsense'])
  const broken = {
    ...job,
    schedules: job.schedules.map((one, index) => ({ ...one, problem: index === 1 ? 'no' : null })),
  }
  expect(await new LoopSchedules([broken]).register(store, { now: NOON, retireOthers: true })).toHaveLength(1)
})

it('the schedule that fires at an instant is found', () => {
  const job = jobWith('report', ['0 * * * *', '30 * * * *'])
  const known = new Map()
  expect(scheduleFiringAt(job, NOON, known)).toBe(job.schedules[0]?.key)
  expect(scheduleFiringAt(job, NOON + 30 * 60_000, known)).toBe(job.schedules[1]?.key)
  expect(scheduleFiringAt(job, NOON + 1, known)).toBeUndefined()
})

it('the rate that fires at an instant counts from the anchor that the store keeps, and has no fires before it', async () => {
  const store = await openStore('memory:')
  const job = jobWith('report', ['rate(7 minutes)'])
  const key = job.schedules[0]?.key
  const anchor = NOON + 5000
  expect(scheduleFiringAt(job, NOON, await store.scheduleTexts())).toBeUndefined()

  await new LoopSchedules([job]).register(store, { now: anchor, retireOthers: true })

  const known = await store.scheduleTexts()
  expect(scheduleFiringAt(job, anchor + 14 * 60_000, known)).toBe(key)
  expect(scheduleFiringAt(job, Math.floor(NOON / 420_000) * 420_000 + 420_000, known)).toBeUndefined()
  expect(scheduleFiringAt(job, anchor - 7 * 60_000, known)).toBeUndefined()

  await new LoopSchedules([]).register(store, { now: anchor + 1, retireOthers: true })
  expect(scheduleFiringAt(job, anchor, await store.scheduleTexts())).toBeUndefined()
})
