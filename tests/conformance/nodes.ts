import { expect, it } from 'vitest'
import { day, hour, minute, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

export function nodeRules(stage: () => Stage): void {
  it('what a process says of itself is told as it was said, and anew where it says something else', async () => {
    const { one, two } = stage()
    const facts = {
      version: '1.2.3',
      nodeVersion: '20.20.0',
      timezoneData: '2025c',
      manifestHash: 'a1b2',
      engine: 'local',
      queues: ['reports', 'default'],
      slots: 7,
      jobs: { known: ['a', 'b'], off: { b: 'B_ENABLED=false' }, lacks: ['a'], inZones: ['key'] },
    }
    await one.at(T0).register(facts)
    const [stored] = await two.store.nodes()
    expect(stored).toMatchObject({ id: 'node-1', fires: true, startedAt: T0, heartbeatAt: T0, ...facts })
    await one.register({ queues: null, slots: null, jobs: null, timezoneData: null })
    expect((await two.store.nodes())[0]).toMatchObject({ queues: null, slots: null, jobs: null, timezoneData: null })
  })

  it('a process that watches has a session, which ends when it stops and goes on when it is said again', async () => {
    const { one, two } = stage()
    await one.at(T0 + minute).heartbeat()
    await one.register({ startedAt: T0 })
    expect(await two.store.sessions()).toEqual([
      { node: 'node-1', host: 'host', startedAt: T0, lastSeenAt: T0 + minute, endedAt: null, how: null },
      { node: 'node-2', host: 'host', startedAt: T0, lastSeenAt: T0, endedAt: null, how: null },
    ])
    await one.store.removeNode('node-1', T0 + hour)
    expect((await two.store.sessions())[0]).toEqual({
      node: 'node-1',
      host: 'host',
      startedAt: T0,
      lastSeenAt: T0 + hour,
      endedAt: T0 + hour,
      how: 'stopped',
    })
    expect((await two.store.nodes()).map(({ id }) => id)).toEqual(['node-2'])
  })

  it('the session of one that died ended with its last heartbeat', async () => {
    const { one, two } = stage()
    await two.at(T0 + 5 * minute).heartbeat()
    await one.store.forgetNodes(T0 + day)
    expect((await one.store.sessions()).map(({ endedAt, how }) => [endedAt, how])).toEqual([
      [T0, 'died'],
      [T0 + 5 * minute, 'died'],
    ])
  })

  it('a process that runs jobs by hand has none', async () => {
    const { one } = stage()
    await one.store.removeNode('node-1', T0)
    const before = await one.store.sessions()
    await one.store.registerNode({ ...(await nodeOf(stage)), id: 'by-hand', fires: false })
    await one.store.removeNode('by-hand', T0 + minute)
    expect(await one.store.sessions()).toEqual(before)
  })

  it('sessions are kept as long as history, those that go on for ever', async () => {
    const { one, two } = stage()
    await two.store.removeNode('node-2', T0 + hour)
    const prune = (finishedBefore: number) => one.store.prune({ finishedBefore, maxPerJob: 100, batch: 100 })
    await prune(T0 + hour)
    expect(await one.store.sessions()).toHaveLength(2)
    await prune(T0 + 90 * day)
    expect((await one.store.sessions()).map(({ node }) => node)).toEqual(['node-1'])
  })
}

async function nodeOf(stage: () => Stage) {
  const [node] = await stage().two.store.nodes()
  if (node === undefined) throw new Error('there is no node')
  return node
}
