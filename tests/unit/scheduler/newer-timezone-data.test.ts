import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLog } from '../../../runtime/logging/logger.ts'
import { DEFAULT_SETTINGS, type Job } from '../../../runtime/manifest/index.ts'
import { SchedulerLoop } from '../../../runtime/scheduler/loop.ts'
import { compareTimezoneData, newerNodes } from '../../../runtime/scheduler/newer-timezone-data.ts'
import { openStore } from '../../../runtime/store/open.ts'
import type { Store } from '../../../runtime/store/store.ts'
import { TestClock } from '../../../runtime/testing/test-clock.ts'
import { Node } from '../../conformance/fixtures.ts'
import { jobWith } from '../../support/job.ts'

describe('releases of the time-zone data', () => {
  for (const [newer, older] of [
    ['2026a', '2025c'],
    ['2026e', '2026c'],
    ['2026b', '2026'],
    ['2026za', '2026z'],
    ['2027a', '2026za'],
  ] as const) {
    it(`${newer} is newer than ${older}`, () => {
      expect(compareTimezoneData(newer, older)).toBeGreaterThan(0)
      expect(compareTimezoneData(older, newer)).toBeLessThan(0)
    })
  }

  it('none is newer than itself, nor than one that is not known, nor the reverse', () => {
    for (const [a, b] of [
      ['2026a', '2026a'],
      ['2026a', null],
      [null, '2026a'],
      ['2026a', 'unknown'],
    ] as const) {
      expect(compareTimezoneData(a, b)).toBe(0)
    }
  })

  it('only those that watch count, the newest first, and not oneself', () => {
    const node = (id: string, timezoneData: string, fires = true) => ({ id, timezoneData, fires })
    const all = [node('a', '2026a'), node('b', '2026b'), node('c', '2026e'), node('d', '2026e', false)]
    expect(newerNodes(node('a', '2026a'), all).map(({ id }) => id)).toEqual(['c', 'b'])
    expect(newerNodes(node('c', '2026e'), all)).toEqual([])
  })
})

describe('given a scheduler whose time-zone data are older than those of another one', () => {
  const START = Date.parse('2026-03-10T12:00:00Z')
  const SECOND = 1000
  const zoned = jobWith('zoned', ['*/5 * * * *', '30 20 * * *'], { timezone: 'Europe/Berlin', overlap: 'allow' })
  const plain = jobWith('plain', ['*/5 * * * *'], { overlap: 'allow' })
  const keys = (job: Job): string[] => job.schedules.map(({ key }) => key)
  let folder: string
  let store: Store
  let clock: TestClock
  let lines: { readonly level: string; readonly msg: string }[]
  let ran: string[]
  let loop: SchedulerLoop
  let other: Node
  /** What each job does. */
  let run: () => unknown

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webstir-zones-'))
    store = await openStore(`file:${join(folder, 'jobs.sqlite')}`)
    clock = new TestClock(START)
    lines = []
    ran = []
    run = () => {}
    other = new Node(store, 'other:1:x').at(START)
    loop = loopOf([zoned, plain])
  })
  afterEach(async () => {
    await loop.stop(0)
    await store.close()
    await rm(folder, { recursive: true })
  })

  function loopOf(jobs: readonly Job[]): SchedulerLoop {
    const settings = DEFAULT_SETTINGS
    const write = (line: string): void => void lines.push(JSON.parse(line))
    const module = { file: 'test', preCheck: undefined, schedules: () => [], multiTenant: undefined, filter: undefined }
    const load = async (job: string) => ({
      ...module,
      run: (context: { readonly scheduledFor: Date }) => {
        ran.push(`${job} ${context.scheduledFor.toISOString().slice(11, 16)}`)
        return run()
      },
    })
    const log = openLog({ format: 'json', destination: { write } })
    const services = { store, clock, env: {}, staleAfter: settings.staleAfter, log, modules: { load } }
    return new SchedulerLoop({ jobs, settings, firesReboots: true, hasAllJobs: true, services })
  }

  /** Time goes by, in which the other one gives signs of life. */
  async function together(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 10) {
      await clock.advance(10 * SECOND)
      await other.at(clock.now()).heartbeat()
    }
  }

  const watches = (timezoneData: string, inZones: readonly string[]): Promise<void> =>
    other.register({ timezoneData, jobs: { known: ['zoned', 'plain'], off: {}, lacks: [], inZones } })
  const said = (text: string): number => lines.filter(({ msg }) => msg.includes(text)).length

  it('when both watch, then it leaves the schedules with a zone to that one and fires the others, and says so once', async () => {
    await watches('9999a', keys(zoned))
    void loop.start()
    await together(16 * 60)
    expect(ran).toEqual(['plain 12:05', 'plain 12:10', 'plain 12:15'])
    expect(said('it leaves the schedules with a time zone to that one')).toBe(1)
    expect(said('fire here again')).toBe(0)
  })

  it('when that one ends, then it fires them again, what came due meanwhile included, and says so once', async () => {
    await watches('9999a', keys(zoned))
    void loop.start()
    await together(4 * 60 + 40)
    // It dies at 12:04:40, and is taken for dead 30 s later.
    await clock.advance(8 * 60 * SECOND)
    expect(ran.filter((each) => each.startsWith('zoned'))).toEqual(['zoned 12:05', 'zoned 12:10'])
    expect(said('fire here again')).toBe(1)
  })

  it('when that one comes later, then what it fires meanwhile is not fired here when it ends', async () => {
    void loop.start()
    await clock.advance(60 * SECOND)
    await other.at(clock.now())
    await watches('9999a', keys(zoned))
    await together(5 * 60)
    expect(ran).toEqual(['plain 12:05'])
    const [key = ''] = keys(zoned)
    await other.claim([], { watermarks: [{ key, to: clock.now() }] })
    await store.removeNode(other.id, clock.now())
    await clock.advance(60 * SECOND)
    expect(ran.filter((each) => each.startsWith('zoned'))).toEqual([])
    await clock.advance(4 * 60 * SECOND)
    expect(ran.filter((each) => each.startsWith('zoned'))).toEqual(['zoned 12:10'])
  })

  it('when it stops itself, then it says at once that it fires no more, while what runs has time to finish', async () => {
    let finish = (): void => {}
    run = () =>
      new Promise<void>((resolve) => {
        finish = resolve
      })
    void loop.start()
    await clock.advance(5 * 60 * SECOND)
    const stopped = loop.stop(60 * 60 * SECOND)
    await clock.advance(10 * SECOND)
    expect(await store.nodes()).toMatchObject([{ id: loop.node, fires: false }])
    expect((await store.executions({ statuses: ['RUNNING'] })).length).toBe(2)
    finish()
    await clock.advance(60 * 60 * SECOND)
    await stopped
    expect(await store.nodes()).toEqual([])
  })

  it('when that one lacks a schedule, then it is fired here', async () => {
    await watches('9999a', keys(zoned).slice(1))
    void loop.start()
    await together(6 * 60)
    expect(ran.sort()).toEqual(['plain 12:05', 'zoned 12:05'])
  })

  it('when the data are the same or older, then both fire', async () => {
    await watches('1999a', keys(zoned))
    void loop.start()
    await together(6 * 60)
    expect(ran.sort()).toEqual(['plain 12:05', 'zoned 12:05'])
    expect(said('time-zone data')).toBe(0)
  })
})
