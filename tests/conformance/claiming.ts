import { expect, it } from 'vitest'
import { briefly, fireOf, minute, rowsOf, second, statusOf, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

export function claimRules(stage: () => Stage): void {
  it('a fire past the watermark runs, and the watermark moves with it', async () => {
    const { one } = stage()
    await one.schedule('a')
    const at = T0 + minute
    const [claimed] = await one.at(at).claim([fireOf('a', at, { args: [1, { x: 'y' }] })], {
      watermarks: [{ key: 'a-key', to: at }],
    })
    expect(claimed).toMatchObject({
      outcome: 'running',
      execution: { job: 'a', status: 'RUNNING', attempt: 1, owner: 'node-1', startedAt: at, args: [1, { x: 'y' }] },
    })
    expect(await one.schedule('a')).toEqual([{ key: 'a-key', job: 'a', watermark: at, anchor: null }])
    if (claimed?.outcome === 'running') {
      expect(await one.store.execution(claimed.execution.id)).toEqual(claimed.execution)
    }
  })

  it('a watermark never moves back', async () => {
    const { one } = stage()
    await one.schedule('a')
    await one.at(T0 + 3 * minute).claim([], { watermarks: [{ key: 'a-key', to: T0 + 3 * minute }] })
    await one.claim([], { watermarks: [{ key: 'a-key', to: T0 + minute }] })
    expect(await one.schedule('a')).toMatchObject([{ watermark: T0 + 3 * minute }])
  })

  it('a fire behind the watermark was claimed by another scheduler', async () => {
    const { one, two } = stage()
    await one.schedule('a')
    const at = T0 + minute
    const watermarks = [{ key: 'a-key', to: at }]
    expect(await one.at(at).outcomes([fireOf('a', at)], { watermarks })).toEqual(['a: running'])
    expect(await two.at(at).outcomes([fireOf('a', at)], { watermarks })).toEqual(['a: already-claimed'])
  })

  it('a fire that no mark covers goes by its unique row alone', async () => {
    const { one, two } = stage()
    const at = T0 + minute
    expect(await one.at(at).outcomes([fireOf('a', at, { overlap: 'allow' })])).toEqual(['a: running'])
    expect(await two.at(at).outcomes([fireOf('a', at, { overlap: 'allow' })])).toEqual(['a: already-claimed'])
    expect(await two.outcomes([fireOf('a', at, { overlap: 'allow', tenant: 't' })])).toEqual(['a: running'])
    expect(await two.outcomes([fireOf('a', at, { overlap: 'allow', scheduleKey: 'other' })])).toEqual(['a: running'])
  })

  it('two schedulers that claim the same ticks at once run each fire once', async () => {
    const { one, two } = stage()
    const jobs = Array.from({ length: 20 }, (_, place) => `job-${place}`)
    await one.schedule(...jobs)
    for (let tick = 1; tick <= 5; tick++) {
      const at = T0 + tick * minute
      const fires = jobs.map((job) => fireOf(job, at, { overlap: 'allow' }))
      const watermarks = jobs.map((job) => ({ key: `${job}-key`, to: at }))
      const both = await Promise.all(
        [one.at(at), two.at(at)].map((node) => node.claim(fires, { watermarks, slots: 100 })),
      )
      const running = both.flat().flatMap((claimed) => (claimed.outcome === 'running' ? [claimed.execution] : []))
      expect(running.map(({ job }) => job).sort()).toEqual([...jobs].sort())
    }
    for (const job of jobs) expect(await rowsOf(one.store, job)).toHaveLength(5)
  })

  it('slots go by priority, then by instant; what gets none is queued without an owner', async () => {
    const { one } = stage()
    const at = T0 + minute
    const fires = [
      fireOf('low', at, { priority: -10 }),
      fireOf('late', at),
      fireOf('early', at - second),
      fireOf('high', at, { priority: 10 }),
    ]
    const outcomes = await one.at(at).outcomes(fires, { slots: 2 })
    expect(outcomes).toEqual(['high: running', 'early: running', 'late: queued', 'low: queued'])
    expect(await rowsOf(one.store, 'low')).toMatchObject([{ status: 'QUEUED', owner: '', attempt: 0, startedAt: null }])
    expect(await one.taken(1)).toEqual(['late 60'])
    expect(await one.taken(5)).toEqual(['low 60'])
  })

  it('in a tick of many fires, each row has its own values, however many others it has in common with', async () => {
    const { one, two } = stage()
    const at = T0 + minute
    const fires = Array.from({ length: 120 }, (_, n) => {
      const own = n % 3 === 0 ? { priority: n / 10, args: [n, `"${n}"`], availableAt: at - n } : {}
      return fireOf(`job-${n}`, at, { ...own, tenant: n % 40 === 1 ? 'other' : '' })
    })
    const running = (await one.at(at).claim(fires, { slots: 110 })).flatMap((claimed) =>
      claimed.outcome === 'running' ? [claimed.execution] : [],
    )
    expect(running).toHaveLength(110)
    const stored = await two.store.executions({ limit: 200 })
    expect(stored).toEqual(expect.arrayContaining(running))
    expect(stored.map(({ job, args, priority, tenant }) => ({ job, args, priority, tenant }))).toEqual(
      expect.arrayContaining(fires.map(({ job, args, priority, tenant }) => ({ job, args, priority, tenant }))),
    )
  })

  it('in a tick of many fires, the few whose job is still running meet overlap', async () => {
    const { one } = stage()
    const at = T0 + minute
    await one.at(at).run('job-7', at)
    await one.claim([fireOf('job-70', at)], { slots: 0 })
    const later = Array.from({ length: 100 }, (_, n) => fireOf(`job-${n}`, at + second))
    const outcomes = await one.at(at + second).outcomes(later, { slots: 100 })
    expect(outcomes.filter((outcome) => !outcome.endsWith(': running'))).toEqual(['job-7: skipped', 'job-70: skipped'])
  })

  it('a tick moves watermarks that differ from each other, and claims nothing that lies behind its own', async () => {
    const { one, two } = stage()
    const names = Array.from({ length: 30 }, (_, n) => `job-${n}`)
    await one.at(T0).store.registerSchedules(
      names.map((job, n) => ({
        key: `${job}-key`,
        job,
        expression: '* * * * *',
        timezone: 'UTC',
        args: [],
        origin: 'manifest',
        watermark: n < 10 ? T0 + minute : T0,
        anchor: null,
      })),
      { now: T0, retireOthers: false },
    )
    const fires = names.map((job) => fireOf(job, T0 + minute))
    const watermarks = names.map((job) => ({ key: `${job}-key`, to: T0 + minute }))
    const claimed = await one.at(T0 + minute).outcomes(fires, { watermarks, slots: 100 })
    expect(claimed.filter((outcome) => outcome.endsWith(': already-claimed'))).toHaveLength(10)
    expect(claimed.filter((outcome) => outcome.endsWith(': running'))).toHaveLength(20)
    const again = await two.at(T0 + minute).outcomes(fires, { watermarks, slots: 100 })
    expect(new Set(again.map((outcome) => outcome.split(': ')[1]))).toEqual(new Set(['already-claimed']))
  })

  it('queues everything when there are no slots', async () => {
    const { one } = stage()
    expect(await one.at(T0 + second).outcomes([fireOf('a', T0 + second)], { slots: 0 })).toEqual(['a: queued'])
  })

  it('a fire with jitter is queued until its time has come', async () => {
    const { one } = stage()
    const at = T0 + minute
    await one.at(at).claim([fireOf('a', at, { availableAt: at + 5 * second })])
    expect(await one.store.nextAvailableAt()).toBe(at + 5 * second)
    expect(await one.at(at + 4 * second).taken()).toEqual([])
    expect(await one.at(at + 5 * second).taken()).toEqual(['a 60'])
    expect(await one.store.nextAvailableAt()).toBeNull()
  })

  it('two schedules of a job that fire at one instant wait for each other', async () => {
    const { one } = stage()
    const at = T0 + minute
    const both = [fireOf('a', at, { scheduleKey: 'k1' }), fireOf('a', at, { scheduleKey: 'k2' })]
    expect(await one.at(at).outcomes(both)).toEqual(['a: running', 'a: queued'])
    expect(await one.taken()).toEqual([])
    const [first] = await rowsOf(one.store, 'a')
    if (first) await one.end(first)
    expect(await one.taken()).toEqual(['a 60'])
  })

  it('two schedules of a job wait for each other also when the second is claimed a moment later', async () => {
    const { one, two } = stage()
    const at = T0 + minute
    await one.at(at).run('a', at, { scheduleKey: 'k1' })
    expect(await two.at(at).outcomes([fireOf('a', at, { scheduleKey: 'k2' })])).toEqual(['a: queued'])
  })

  it('late fires and fires caught up in one claim all run, in the order of their instants', async () => {
    const { one } = stage()
    const instants = [3, 1, 2].map((n) => T0 + n * minute)
    const fires = instants.map((at) => fireOf('a', at, { trigger: 'catch-up', priority: n(at) }))
    const now = T0 + 10 * minute
    const claimed = await one.at(now).claim(fires)
    expect(claimed.flatMap((each) => (each.outcome === 'running' ? [each.fire.scheduledFor] : []))).toEqual([
      T0 + minute,
    ])
    const order: string[] = []
    for (let round = 0; round < 3; round++) {
      const running = (await rowsOf(one.store, 'a')).find(({ status }) => status === 'RUNNING')
      if (running) await one.end(running)
      order.push(...(await one.taken()))
    }
    expect(order).toEqual(['a 120', 'a 180'])
    expect(await briefly(one.store, 'a')).toEqual(['SUCCESS 60', 'SUCCESS 120', 'SUCCESS 180'])
  })

  it('tenants of one job run beside each other', async () => {
    const { one } = stage()
    const at = T0 + minute
    const fires = ['t1', 't2'].map((tenant) => fireOf('a', at, { tenant }))
    expect(await one.at(at).outcomes(fires)).toEqual(['a: running', 'a: running'])
  })

  it('a backfill of a fire keeps the loop from claiming it again', async () => {
    const { one, two } = stage()
    await one.schedule('a')
    const at = T0 + minute
    const run = await one.at(at).begin('a', { scheduleKey: 'a-key', scheduledFor: at })
    expect(run.acquired).toBe(true)
    const outcomes = await two.at(at).outcomes([fireOf('a', at)], { watermarks: [{ key: 'a-key', to: at }] })
    expect(outcomes).toEqual(['a: already-claimed'])
  })

  it('a schedule that returns after it was retired starts afresh; one that stays keeps its watermark and anchor', async () => {
    const { one } = stage()
    const rate = (watermark: number, anchor: number) => ({
      key: 'k',
      job: 'a',
      expression: 'rate(5 minutes)',
      timezone: 'UTC',
      args: [],
      origin: 'manifest' as const,
      watermark,
      anchor,
    })
    const register = (watermark: number, schedules = [rate(watermark, watermark)], retireOthers = true) =>
      one.store.registerSchedules(schedules, { now: watermark, retireOthers })
    expect(await register(T0)).toEqual([{ key: 'k', job: 'a', watermark: T0, anchor: T0 }])
    expect(await register(T0 + minute)).toEqual([{ key: 'k', job: 'a', watermark: T0, anchor: T0 }])
    await register(T0 + 2 * minute, [], false)
    expect(await register(T0 + 3 * minute)).toEqual([{ key: 'k', job: 'a', watermark: T0, anchor: T0 }])
    await register(T0 + 4 * minute, [])
    expect((await one.store.scheduleTexts()).get('k')).toMatchObject({ expression: 'rate(5 minutes)', retired: true })
    expect(await register(T0 + 5 * minute)).toMatchObject([{ watermark: T0 + 5 * minute, anchor: T0 + 5 * minute }])
  })

  it('two schedulers that make one schedule known at once agree on its watermark', async () => {
    const { one, two } = stage()
    const states = await Promise.all([one.at(T0).schedule('a'), two.at(T0).schedule('a')])
    expect(states[0]).toEqual(states[1])
  })

  it('two jobs with one schedule key are refused', async () => {
    const { one } = stage()
    const same = ['a', 'b'].map((job) => ({
      key: 'k',
      job,
      expression: '* * * * *',
      timezone: 'UTC',
      args: [],
      origin: 'manifest' as const,
      watermark: T0,
      anchor: null,
    }))
    await expect(one.store.registerSchedules(same, { now: T0, retireOthers: true })).rejects.toMatchObject({
      code: 'STORE_KEY_CLASH',
    })
  })

  it('a thousand fires of one tick are claimed in one go', async () => {
    const { one } = stage()
    const at = T0 + minute
    const fires = Array.from({ length: 1000 }, (_, place) => fireOf(`job-${place}`, at))
    const claimed = await one.at(at).claim(fires, { slots: 700 })
    expect(claimed.filter(({ outcome }) => outcome === 'running')).toHaveLength(700)
    expect(claimed.filter(({ outcome }) => outcome === 'queued')).toHaveLength(300)
    const ends = claimed.flatMap((each) => (each.outcome === 'running' ? [one.end(each.execution)] : []))
    expect((await Promise.all(ends)).every(Boolean)).toBe(true)
    expect((await one.dequeue(1000)).taken).toHaveLength(300)
    expect(await statusOf(one.store, 'no such id')).toBeUndefined()
  })
}

/** A priority that would put later instants first, were it asked within one job. */
const n = (at: number): number => (at - T0) / minute
