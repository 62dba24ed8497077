import { expect, it } from 'vitest'
import { type NominalTime, nominalTimeOf, parseSchedule } from '../../runtime/schedule/index.ts'
import type { Fire } from '../../runtime/store/execution.ts'
import { failure, fireOf, hour, type Node, rowsOf } from './fixtures.ts'
import type { Stage } from './suite.ts'

const utc = (text: string): number => Date.parse(`${text}Z`)

/** 06:00 of a day by the clock of the zone, in which no correction was made. */
const six = (day: string): NominalTime => ({ local: utc(`${day}T06:00`), correctedAt: null })

/** The fire of a job for a local time, at an instant that depends on who computes it. */
const fireFor = (job: string, nominal: NominalTime, at: number, overrides: Partial<Fire> = {}): Fire =>
  fireOf(job, at, { nominal, overlap: 'allow', ...overrides })

/** The loop of a node comes to these fires of one job: it moves the watermark to the last of them. */
async function tick(node: Node, ...fires: Fire[]): Promise<string[]> {
  const to = Math.max(...fires.map(({ scheduledFor }) => scheduledFor))
  const keys = [...new Set(fires.map(({ scheduleKey }) => scheduleKey))]
  return await node.at(to).outcomes(fires, { watermarks: keys.map((key) => ({ key, to })) })
}

async function schedule({ store, now }: Node, since: number, ...jobs: string[]): Promise<void> {
  const common = { expression: '0 6 * * *', timezone: 'Africa/Casablanca', args: [], anchor: null } as const
  await store.registerSchedules(
    jobs.map((job) => ({ key: `${job}-key`, job, origin: 'manifest', watermark: since, ...common })),
    { now, retireOthers: true },
  )
}

/** The fires of a real schedule in a range, as `dueFires` makes them. */
function fires(job: string, expression: string, timezone: string, from: string, to: string): Fire[] {
  const parsed = parseSchedule(expression, { timezone })
  return [...parsed.between(new Date(utc(from)), new Date(utc(to)))].map((instant) =>
    fireOf(job, instant.getTime(), { nominal: nominalTimeOf(parsed, instant.getTime()), overlap: 'allow' }),
  )
}

const instants = async (node: Node, job: string): Promise<string[]> =>
  (await rowsOf(node.store, job)).map(({ scheduledFor }) => new Date(scheduledFor).toISOString().slice(0, 16))

export function nominalRules(stage: () => Stage): void {
  it('a fire for a local time that a node with other time-zone data dealt with an hour before is claimed already', async () => {
    const { one, two } = stage()
    await schedule(one, utc('2026-03-01T12:00'), 'a')
    expect(await tick(one, fireFor('a', six('2026-03-02'), utc('2026-03-02T05:00')))).toEqual(['a: running'])
    expect(await tick(two, fireFor('a', six('2026-03-02'), utc('2026-03-02T06:00')))).toEqual(['a: already-claimed'])
    expect(await tick(one, fireFor('a', six('2026-03-03'), utc('2026-03-03T05:00')))).toEqual(['a: running'])
    expect(await tick(two, fireFor('a', six('2026-03-03'), utc('2026-03-03T06:00')))).toEqual(['a: already-claimed'])
    expect(await instants(one, 'a')).toEqual(['2026-03-02T05:00', '2026-03-03T05:00'])
  })

  it('of two nodes that claim a local time at once, each at its own instant, one has it', async () => {
    const { one, two } = stage()
    await schedule(one, utc('2026-03-01T12:00'), 'a')
    for (const day of ['02', '03', '04', '05', '06']) {
      const both = await Promise.all([
        tick(one, fireFor('a', six(`2026-03-${day}`), utc(`2026-03-${day}T05:00`))),
        tick(two, fireFor('a', six(`2026-03-${day}`), utc(`2026-03-${day}T06:00`))),
      ])
      expect(both.flat().sort()).toEqual(['a: already-claimed', 'a: running'])
    }
  })

  it('the first fire of a new schedule runs, however its nodes read the clock when it was added', async () => {
    const { one, two } = stage()
    // By the clock of the node that adds it, it is 06:30 already: its own next fire is tomorrow's.
    await schedule(one, utc('2026-03-02T05:30'), 'a')
    expect(await tick(two, fireFor('a', six('2026-03-02'), utc('2026-03-02T06:00')))).toEqual(['a: running'])
    expect(await tick(one, fireFor('a', six('2026-03-03'), utc('2026-03-03T05:00')))).toEqual(['a: running'])
    expect(await tick(two, fireFor('a', six('2026-03-03'), utc('2026-03-03T06:00')))).toEqual(['a: already-claimed'])
  })

  it('a schedule that was removed and comes back starts afresh', async () => {
    const { one } = stage()
    await schedule(one, utc('2026-03-01T12:00'), 'a')
    await tick(one, fireFor('a', six('2026-03-02'), utc('2026-03-02T05:00')))
    await schedule(one, utc('2026-03-02T05:10'))
    await schedule(one, utc('2026-03-02T05:20'), 'a')
    expect(await tick(one, fireFor('a', six('2026-03-02'), utc('2026-03-02T06:00')))).toEqual(['a: running'])
  })

  it('a local time that was skipped is dealt with, too', async () => {
    const { one, two } = stage()
    await schedule(one, utc('2026-03-01T12:00'), 'a')
    const skip = { cause: 'disabled', reason: 'disabled: A_ENABLED=false' } as const
    expect(await tick(one, fireFor('a', six('2026-03-02'), utc('2026-03-02T05:00'), { skip }))).toEqual(['a: skipped'])
    expect(await tick(two, fireFor('a', six('2026-03-02'), utc('2026-03-02T06:00')))).toEqual(['a: already-claimed'])
  })

  it('a local time that comes twice because the clock was corrected by three hours fires twice', async () => {
    const { one, two } = stage()
    await schedule(one, utc('2018-03-09T12:00'), 'a')
    const casey = fires('a', '0 2 * * *', 'Antarctica/Casey', '2018-03-10T00:00', '2018-03-12T00:00')
    for (const fire of casey) expect(await tick(one, fire)).toEqual(['a: running'])
    for (const fire of casey) expect(await tick(two, fire)).toEqual(['a: already-claimed'])
    expect(await instants(one, 'a')).toEqual(['2018-03-10T15:00', '2018-03-10T18:00', '2018-03-11T18:00'])
  })

  it('what comes twice does so within one tick as well, and all of it', async () => {
    const { one } = stage()
    await schedule(one, utc('2018-03-09T12:00'), 'a')
    const casey = fires('a', '0,30 2,3 * * *', 'Antarctica/Casey', '2018-03-10T14:00', '2018-03-10T21:00')
    expect(casey.map(({ scheduledFor }) => (scheduledFor - utc('2018-03-10T00:00')) / hour)).toEqual([
      ...[15, 15.5, 16, 16.5],
      ...[18, 18.5, 19, 19.5],
    ])
    expect(await tick(one, ...casey)).toEqual(casey.map(() => 'a: running'))
  })

  it('of three times in one gap the greatest is dealt with, so a node whose data have no gap fires none of them again', async () => {
    const { one, two } = stage()
    await schedule(one, utc('2026-03-28T12:00'), 'a')
    const [end, ...more] = fires('a', '0,20,40 2 * * *', 'Europe/Berlin', '2026-03-29T00:00', '2026-03-29T12:00')
    expect(more).toEqual([])
    expect(end?.nominal).toEqual({ local: utc('2026-03-29T02:40'), correctedAt: null })
    if (end) expect(await tick(one, end)).toEqual(['a: running'])
    const without = ['02:00', '02:20', '02:40'].map((time) => ({
      nominal: { local: utc(`2026-03-29T${time}`), correctedAt: null },
      at: utc(`2026-03-29T${time}`) - hour,
    }))
    for (const { nominal, at } of without) {
      expect(await tick(two, fireFor('a', nominal, at))).toEqual(['a: already-claimed'])
    }
  })

  it('an at() is claimed by its key: once, whenever its local time may come', async () => {
    const { one, two } = stage()
    await schedule(one, 0, 'a')
    expect(await tick(one, fireFor('a', six('2026-03-02'), utc('2026-03-02T05:00')))).toEqual(['a: running'])
    expect(await tick(two, fireFor('a', six('2026-03-02'), utc('2026-03-02T06:00')))).toEqual(['a: already-claimed'])
  })

  it('a rate and a wildcard go by their instants, whatever the clock shows', async () => {
    const { one } = stage()
    await schedule(one, utc('2026-10-24T12:00'), 'a')
    const both = fires('a', '0 * * * *', 'Europe/Berlin', '2026-10-25T00:00', '2026-10-25T03:00')
    for (const fire of both) expect(await tick(one, fire)).toEqual(['a: running'])
    expect(await instants(one, 'a')).toEqual(['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00'])
  })

  it('a renamed job has dealt with what it dealt with before', async () => {
    const { one, two } = stage()
    await schedule(one, utc('2026-03-01T12:00'), 'a')
    const fire = fireFor('a', six('2026-03-02'), utc('2026-03-02T05:00'))
    const [claimed] = await one.at(fire.scheduledFor).claim([fire], { watermarks: [{ key: 'a-key', to: one.now }] })
    if (claimed?.outcome === 'running') await one.end(claimed.execution)
    const renamed = { key: 'b-key', expression: '0 6 * * *', timezone: 'Africa/Casablanca', args: [] } as const
    const schedules = [{ ...renamed, origin: 'manifest', formerKey: 'a-key' } as const]
    expect(await one.store.renameJob({ from: 'a', to: 'b', schedules, now: one.now })).toBeNull()
    expect(await tick(two, fireFor('b', six('2026-03-02'), utc('2026-03-02T06:00')))).toEqual(['b: already-claimed'])
  })

  const after = { after: ['a'], overlap: 'skip' } as const

  it('a fire waits for the fire of the same local time of a job that it names, claimed at another instant', async () => {
    const { one, two } = stage()
    await schedule(one, utc('2026-03-01T12:00'), 'a', 'b')
    await tick(one, fireFor('a', six('2026-03-02'), utc('2026-03-02T05:00')))
    await one.heartbeat()
    expect(
      await tick(
        two,
        fireFor('b', six('2026-03-02'), utc('2026-03-02T06:00'), after),
        fireFor('a', six('2026-03-02'), utc('2026-03-02T06:00')),
      ),
    ).toEqual(['b: queued', 'a: already-claimed'])
    const [waiting] = await rowsOf(one.store, 'b')
    expect(waiting).toMatchObject({ after: ['a'], awaits: [{ job: 'a', scheduledFor: utc('2026-03-02T05:00') }] })
    expect((await two.dequeue()).taken).toEqual([])
    const [a] = await rowsOf(one.store, 'a')
    if (a) await one.end(a)
    expect((await two.dequeue()).taken).toMatchObject([{ job: 'b', awaits: waiting?.awaits }])
  })

  it('and is skipped where that one failed, in the queue and when it is claimed', async () => {
    const { one, two } = stage()
    await schedule(one, utc('2026-03-01T12:00'), 'a', 'b', 'c')
    await tick(one, fireFor('a', six('2026-03-02'), utc('2026-03-02T05:00')))
    await tick(two, fireFor('b', six('2026-03-02'), utc('2026-03-02T06:00'), after))
    const [a] = await rowsOf(one.store, 'a')
    if (a) await one.end(a, { kind: 'failure', error: failure })
    const reason = 'after: the fire of a for the same local time ended as FAILURE'
    expect((await two.dequeue()).skipped).toMatchObject([{ job: 'b', skipReason: reason }])
    expect(await tick(two, fireFor('c', six('2026-03-02'), utc('2026-03-02T06:00'), after))).toEqual(['c: skipped'])
    expect(await rowsOf(one.store, 'c')).toMatchObject([{ status: 'SKIPPED', skipReason: reason }])
  })

  it('and does not wait for the same time of another day or another zone', async () => {
    const { one, two } = stage()
    await schedule(one, utc('2026-03-01T12:00'), 'a', 'b')
    await tick(one, fireFor('a', six('2026-03-02'), utc('2026-03-02T05:00')))
    expect(await tick(two, fireFor('b', six('2026-03-03'), utc('2026-03-03T06:00'), after))).toEqual(['b: running'])
    const berlin = { key: 'c-key', job: 'c', expression: '0 6 * * *', timezone: 'Europe/Berlin', args: [] } as const
    await one.store.registerSchedules([{ ...berlin, origin: 'manifest', watermark: 0, anchor: null }], {
      now: one.now,
      retireOthers: false,
    })
    expect(await tick(two, fireFor('c', six('2026-03-02'), utc('2026-03-02T06:00'), after))).toEqual(['c: running'])
  })
}
