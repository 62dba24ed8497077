import { describe, expect, it } from 'vitest'
import type { JobDefinition } from '../../../runtime/index.ts'
import { openLog } from '../../../runtime/logging/logger.ts'
import { listen, SchedulerEmitter } from '../../../runtime/scheduler/events.ts'
import type { SchedulerOptions } from '../../../runtime/scheduler/open-scheduler.ts'
import { createScheduler } from '../../../runtime/scheduler/scheduler.ts'
import { openStore } from '../../../runtime/store/open.ts'
import { createTestScheduler, TestClock } from '../../../runtime/testing/index.ts'

const quiet = () => openLog({ env: {}, destination: { write: () => {} } })
const scheduler = (options: SchedulerOptions) =>
  createScheduler({ store: 'memory:', log: quiet(), shutdownTimeout: '5s', ...options })

describe('a scheduler as an object', () => {
  it('runs from start to stop: start resolves when the loop has ended', async () => {
    const order: string[] = []
    const bot = scheduler({ jobs: [{ name: 'tick', schedule: '* * * * * *', run: () => void order.push('tick') }] })
    const watching = bot.start().then(() => order.push('ended'))
    await new Promise<void>((resolve) => bot.on('succeeded', () => resolve()))
    await bot.stop()
    await watching
    expect(order.at(-1)).toBe('ended')
    expect(order).toContain('tick')
    await bot.destroy()
  })

  it('may be stopped before it was started, twice, and while it is starting', async () => {
    const bot = scheduler({ jobs: [{ name: 'tick', schedule: '* * * * * *', run: () => {} }] })
    await bot.stop()
    await bot.stop()
    const watching = bot.start()
    await bot.stop()
    await watching
    await Promise.all([bot.stop(), bot.stop()])
    await bot.destroy()
    await bot.destroy()
  })

  it('may be started again after a stop, and keeps its listeners', async () => {
    let runs = 0
    const bot = scheduler({ jobs: [{ name: 'tick', schedule: '* * * * * *', run: () => {} }] })
    const twice = new Promise<void>((resolve) => bot.on('succeeded', () => (++runs === 2 ? resolve() : undefined)))
    const once = new Promise<void>((resolve) => bot.on('succeeded', () => resolve()))
    void bot.start()
    await once
    await bot.stop()
    void bot.start()
    await twice
    await bot.destroy()
  })

  it('waits on stop for what runs', async () => {
    let hasEnded = false
    const bot = scheduler({
      jobs: [
        {
          name: 'slow',
          run: async () => {
            await new Promise((resolve) => setTimeout(resolve, 50))
            hasEnded = true
          },
        },
      ],
    })
    const started = new Promise<void>((resolve) => bot.on('started', () => resolve()))
    const running = bot.runBackgroundJob('slow')
    await started
    await bot.stop()
    expect(hasEnded).toBe(true)
    await running
    await bot.destroy()
  })

  it('can not be used after destroy', async () => {
    const bot = scheduler({ jobs: [{ name: 'a', run: () => {} }] })
    await bot.destroy()
    await expect(bot.runBackgroundJob('a')).rejects.toMatchObject({ code: 'SCHEDULER_DESTROYED' })
    await expect(bot.start()).rejects.toMatchObject({ code: 'SCHEDULER_DESTROYED' })
    await expect(bot.jobs()).rejects.toMatchObject({ code: 'SCHEDULER_DESTROYED' })
  })

  it('runs one job by the short name, with its arguments, and rejects with its error', async () => {
    const runs: unknown[] = []
    const bot = scheduler({
      jobs: [
        { name: 'send', run: ({ args }) => void runs.push(args) },
        {
          name: 'broken',
          run: () => {
            throw new TypeError('no')
          },
        },
      ],
    })

    await bot.run('send', 'weekly', 3)
    await bot.runBackgroundJob('SEND', 'daily')

    expect(runs).toEqual([['weekly', 3], ['daily']])
    await expect(bot.run('broken')).rejects.toThrow(TypeError)
    await expect(bot.run('sned')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
    await bot.destroy()
  })

  it.each([
    [undefined, ['reboot']],
    [true, ['reboot']],
    [false, []],
  ])('fires @reboot schedules at start unless runOnStart is false (%s)', async (runOnStart, expected) => {
    const runs: string[] = []
    const bot = scheduler({
      ...(runOnStart === undefined ? {} : { runOnStart }),
      jobs: [{ name: 'reboot', schedule: '@reboot', run: () => void runs.push('reboot') }],
    })

    // With nothing but @reboot schedules, the loop ends when those are done.
    await bot.start()

    expect(runs).toEqual(expected)
    await bot.destroy()
  })

  it('leaves open a store that was handed over', async () => {
    const store = await openStore('memory:')
    const bot = scheduler({ store, jobs: [{ name: 'a', run: () => {} }] })
    await bot.runBackgroundJob('a')
    await bot.destroy()
    expect(await store.executions({})).toHaveLength(1)
    await store.close()
  })

  it('says at start what is wrong with a job, and rejects for what it can not begin with', async () => {
    await expect(
      scheduler({ jobs: [{ name: 'a', schedule: 'nonsense', run: () => {} }] }).start(),
    ).rejects.toMatchObject({
      code: 'JOBS_IN_CODE',
      message: expect.stringContaining('jobs[0].schedule'),
    })
    await expect(scheduler({ jobs: [{ name: 'a b', run: () => {} }] }).jobs()).rejects.toThrow()
    expect(() => scheduler({ shutdownTimeout: 'soon', jobs: [] })).toThrow(
      'shutdownTimeout "soon" is not a valid duration',
    )
  })

  it('runs the other jobs where the meta() of one fails', async () => {
    const lines: string[] = []
    const bot = scheduler({
      log: openLog({ env: {}, destination: { write: (line) => void lines.push(line) } }),
      jobs: [
        {
          name: 'broken',
          job: {
            run: () => {},
            meta() {
              throw new Error('REGION is not set')
            },
          },
        },
        { name: 'good', schedule: '* * * * * *', run: () => {} },
      ],
    })
    const ran = new Promise<string>((resolve) => bot.on('succeeded', ({ execution }) => resolve(execution.job)))
    void bot.start()
    expect(await ran).toBe('good')
    await bot.destroy()
    expect(lines.join()).toContain('the job \\"broken\\" in code (job broken): meta() failed: REGION is not set')
  })

  it('does not disturb another one in the same process', async () => {
    const runs: string[] = []
    const one = scheduler({ jobs: [{ name: 'a', schedule: '* * * * * *', run: () => void runs.push('one') }] })
    const two = scheduler({ jobs: [{ name: 'a', schedule: '* * * * * *', run: () => void runs.push('two') }] })
    const ranTwo = new Promise<void>((resolve) => {
      let count = 0
      two.on('succeeded', () => (++count === 2 ? resolve() : undefined))
    })
    void one.start()
    void two.start()
    await one.stop()
    await one.destroy()
    await ranTwo
    await two.destroy()
    expect(runs.filter((run) => run === 'two').length).toBeGreaterThanOrEqual(2)
  })

  it('lists its jobs, pauses and resumes them', async () => {
    const test = await createTestScheduler({ jobs: [{ name: 'tick', schedule: '* * * * *', run: () => {} }] })
    expect((await test.scheduler.jobs()).map(({ name, next }) => [name, next])).toEqual([
      ['tick', '2026-01-01T00:01:00.000Z'],
    ])
    await test.scheduler.pause('TICK', 'moving house')
    await test.advance('1m')
    await test.scheduler.resume('tick')
    await test.advance('1m')
    expect((await test.executions()).map(({ status, skipReason }) => [status, skipReason])).toEqual([
      ['SKIPPED', expect.stringContaining('moving house')],
      ['SUCCESS', null],
    ])
    await expect(test.scheduler.pause('tock')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
    await test.stop()
  })
})

describe('runBackgroundJobs', () => {
  const AT = Date.parse('2026-03-01T12:00:00Z') / 1000

  it('runs the fires of that second and waits for them, each once however often it is called', async () => {
    const runs: string[] = []
    const jobs = [
      { name: 'noon', schedule: '0 12 * * *', run: () => void runs.push('noon') },
      { name: 'hourly', schedule: '0 * * * *', run: () => void runs.push('hourly') },
      { name: 'midnight', schedule: '0 0 * * *', run: () => void runs.push('midnight') },
    ]
    const bot = scheduler({ jobs })
    await bot.runBackgroundJobs(AT)
    await bot.runBackgroundJobs(AT)
    await Promise.all([bot.runBackgroundJobs(AT), bot.runBackgroundJobs(new Date(AT * 1000 + 500))])
    expect(runs.sort()).toEqual(['hourly', 'noon'])
    await bot.runBackgroundJobs(AT + 1)
    expect(runs).toHaveLength(2)
    await bot.destroy()
  })

  it('waits for more fires than it has slots, for their retries and for the runs of all tenants', async () => {
    const runs: string[] = []
    const bot = scheduler({
      settings: { concurrency: 1 },
      tenants: ['x', 'y', 'z'],
      jobs: [
        { name: 'a', schedule: '0 12 * * *', run: () => void runs.push('a') },
        {
          name: 'b',
          schedule: '0 12 * * *',
          retry: { attempts: 2, delay: '50ms' },
          run({ attempt }) {
            runs.push(`b${attempt}`)
            if (attempt === 1) throw new Error('once')
          },
        },
        { name: 'c', schedule: '0 12 * * *', multiTenant: true, run: ({ tenant }) => void runs.push(`c ${tenant}`) },
      ],
    })
    await bot.runBackgroundJobs(AT)
    expect(runs.sort()).toEqual(['a', 'b1', 'b2', 'c x', 'c y', 'c z'])
    await bot.destroy()
  })

  it('runs the fires of a second that is still to come now, tenants included, and not again when the second comes', async () => {
    const runs: string[] = []
    const test = await createTestScheduler({
      // Longer ahead than history is kept.
      now: '2026-01-01T00:00:00Z',
      tenants: ['x', 'y'],
      jobs: [
        { name: 'first', schedule: '0 12 1 3 *', jitter: '30s', run: () => void runs.push('first') },
        { name: 'second', schedule: '0 12 1 3 *', after: ['first'], run: () => void runs.push('second') },
        {
          name: 'each',
          schedule: '0 12 1 3 *',
          multiTenant: true,
          run: ({ tenant }) => void runs.push(`each ${tenant}`),
        },
      ],
    })
    const asked = test.clock.now()

    await test.scheduler.runBackgroundJobs(AT)
    await test.scheduler.runBackgroundJobs(AT)

    expect(test.clock.now()).toBe(asked)
    expect([...runs].sort()).toEqual(['each x', 'each y', 'first', 'second'])
    expect(runs.indexOf('first')).toBeLessThan(runs.indexOf('second'))
    const ended = (await test.executions()).map(({ status, scheduledFor }) => `${status} ${scheduledFor}`)
    expect(new Set(ended)).toEqual(new Set(['SUCCESS 2026-03-01T12:00:00.000Z']))
    await test.advanceTo('2026-03-01T12:05:00Z')
    expect(runs).toHaveLength(4)
    await test.stop()
  })

  it('does not run again what the loop has run at that second', async () => {
    const runs: string[] = []
    const test = await createTestScheduler({
      now: '2026-03-01T11:59:00Z',
      jobs: [{ name: 'noon', schedule: '0 12 * * *', run: () => void runs.push('noon') }],
    })

    await test.advance('2m')
    await test.scheduler.runBackgroundJobs(AT)

    expect(runs).toEqual(['noon'])
    await test.stop()
  })

  it('runs the fires of a second that has passed now, in a process that does not watch, each once', async () => {
    const runs: string[] = []
    const store = await openStore('memory:')
    const clock = new TestClock('2026-03-01T12:30:00Z')
    const jobs = [{ name: 'noon', schedule: '0 12 * * *', jitter: '10m', run: () => void runs.push('noon') }]
    const one = scheduler({ clock, store, jobs })
    const two = scheduler({ clock, store, jobs })

    for (const each of [one, two, one]) await each.runBackgroundJobs(AT)
    for (const each of [two, one]) await each.runBackgroundJobs(AT + 4 * 365 * 86_400)

    expect(runs).toEqual(['noon', 'noon'])
    expect((await store.executions({})).map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS'])
    await Promise.all([one.destroy(), two.destroy()])
    await store.close()
  })

  it('lets runBackgroundJobs return when it is stopped', async () => {
    const bot = scheduler({
      shutdownTimeout: 0,
      jobs: [
        {
          name: 'a',
          schedule: '0 12 * * *',
          run: ({ signal }) =>
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        },
      ],
    })
    const started = new Promise<void>((resolve) => bot.on('started', () => resolve()))
    const running = bot.runBackgroundJobs(AT)
    await started
    await bot.stop()
    await running
    await bot.destroy()
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300, new Date('x')])('refuses %s', async (time) => {
    const bot = scheduler({ jobs: [] })
    await expect(bot.runBackgroundJobs(time)).rejects.toMatchObject({ code: 'UNIX_TIME' })
    await bot.destroy()
  })
})

describe('the events of a scheduler', () => {
  it('are started, succeeded, failed, skipped and missed, for fires and for runs by hand', async () => {
    const told: string[] = []
    const missed: unknown[] = []
    const clock = new TestClock('2026-01-01T00:00:00Z')
    const store = await openStore('memory:')
    const jobs: JobDefinition[] = [
      { name: 'good', schedule: '0 * * * *', catchUp: 'none', run: () => {} },
      {
        name: 'bad',
        run: () => {
          throw new Error('no')
        },
      },
    ]
    const first = scheduler({ clock, store, jobs })
    void first.start()
    await clock.settle()
    await first.stop()
    await clock.step(5.5 * 3_600_000)
    const bot = scheduler({ clock, store, jobs })
    for (const name of ['started', 'succeeded', 'failed', 'skipped', 'missed'] as const) {
      bot.on(name, (event) => told.push(`${name} ${'execution' in event ? event.execution.job : event.job}`))
    }
    bot.on('missed', (event) => missed.push(event))
    void bot.start()
    await clock.settle()
    await bot.runBackgroundJob('bad').catch(() => {})
    await clock.advance(3_600_000)
    await bot.destroy()
    expect(told).toEqual(['skipped good', 'missed good', 'started bad', 'failed bad', 'started good', 'succeeded good'])
    const from = Date.parse('2026-01-01T01:00:00Z')
    const until = Date.parse('2026-01-01T05:00:00Z')
    expect(missed).toEqual([
      {
        job: 'good',
        tenant: '',
        scheduledFor: until,
        cause: 'missed',
        reason: 'missed: no scheduler could run it in time, and catchUp is none',
        count: 5,
        from,
        until,
      },
    ])
  })

  it('do not reach a listener that was removed', async () => {
    let heard = 0
    const bot = scheduler({ jobs: [{ name: 'a', run: () => {} }] })
    const stopListening = bot.on('succeeded', () => void heard++)
    await bot.runBackgroundJob('a')
    stopListening()
    await bot.runBackgroundJob('a')
    await bot.destroy()
    expect(heard).toBe(1)
  })

  it('reach hooks, and one that throws is logged and changes nothing', async () => {
    const errors: string[] = []
    const heard: string[] = []
    const events = new SchedulerEmitter((event, error) => errors.push(`${event}: ${String(error)}`))
    listen(events, {
      onStart: () => {
        throw new Error('sync')
      },
      onSuccess: async () => {
        throw new Error('async')
      },
      onSkip: ({ reason }) => void heard.push(reason),
    })
    const execution = {} as never
    events.emit('started', { execution })
    events.emit('succeeded', { execution, durationMs: 1 })
    const fire = { job: 'a', tenant: '', scheduledFor: 0, count: 1, from: 0, until: 0 }
    events.emit('skipped', { ...fire, cause: 'paused', reason: 'paused: by me' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(errors).toEqual(['started: Error: sync', 'succeeded: Error: async'])
    expect(heard).toEqual(['paused: by me'])
  })

  it('goes on when a listener throws', async () => {
    const bot = scheduler({ jobs: [{ name: 'a', run: () => {} }] })
    bot.on('started', () => {
      throw new Error('listener')
    })
    await bot.runBackgroundJob('a')
    await bot.destroy()
  })
})
