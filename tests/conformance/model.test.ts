import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Overlap } from '../../runtime/manifest/types.ts'
import type { Execution, JobStatus, Outcome } from '../../runtime/store/execution.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { failure, fireOf, Node, second, T0 } from './fixtures.ts'

/** The arrows along which a status may move; a status that isn't here is final. */
const ARROWS: Partial<Record<JobStatus, readonly JobStatus[]>> = {
  QUEUED: ['RUNNING', 'SKIPPED', 'CANCELLED'],
  RUNNING: ['QUEUED', 'SUCCESS', 'FAILURE', 'SKIPPED', 'CANCELLED', 'STALE'],
}
const STALE_AFTER = 30 * second

/** What is known of the store from outside: every row as it was last seen, and what each node believes to run. */
class World {
  now = T0
  readonly seen = new Map<string, Execution>()
  /** Executions that were taken for dead before their node beat again: the lock may have gone to another one. */
  readonly revived = new Set<string>()
  readonly believed: { node: number; id: string; attempt: number }[] = []
}

interface Real {
  readonly store: Store
  readonly nodes: readonly [Node, Node]
}

type Step = fc.AsyncCommand<World, Real>

/** A command that runs at the world's time, and checks the whole store afterwards. */
function step(name: string, act: (world: World, real: Real) => Promise<void>): Step {
  return {
    check: () => true,
    async run(world, real) {
      for (const node of real.nodes) node.at(world.now)
      await act(world, real)
      await look(world, real.store)
    },
    toString: () => name,
  }
}

const isFresh = (row: Execution, world: World): boolean => (row.heartbeatAt ?? 0) >= world.now - STALE_AFTER

/** Compares every row with what was seen before. */
async function look(world: World, store: Store): Promise<void> {
  const rows = await store.executions({ limit: 10_000 })
  const running = new Set<string>()
  for (const row of rows) {
    const before = world.seen.get(row.id)
    world.seen.set(row.id, row)
    if (row.status === 'RUNNING') {
      expect(row.owner).not.toBe('')
      expect(row.attempt).toBeGreaterThan(0)
      if (row.lock === 'exclusive' && isFresh(row, world) && !world.revived.has(row.id)) {
        expect(running, `two fresh executions of ${row.job} run at once`).not.toContain(row.job)
        running.add(row.job)
      }
    }
    expect(row.finishedAt !== null).toBe(row.status !== 'QUEUED' && row.status !== 'RUNNING')
    if (before === undefined) continue
    expect(row.attempt).toBeGreaterThanOrEqual(before.attempt)
    if (before.status === row.status) continue
    expect(ARROWS[before.status] ?? [], `${before.status} became ${row.status}`).toContain(row.status)
  }
  const fires = rows.filter(({ trigger }) => trigger === 'schedule')
  expect(new Set(fires.map(({ job, scheduledFor }) => `${job} ${scheduledFor}`)).size).toBe(fires.length)
}

const node = fc.nat({ max: 1 })
const job = fc.constantFrom('a', 'b', 'c')
const overlap = fc.constantFrom<Overlap>('skip', 'queue', 'allow', 'cancel')

const wait = fc.constantFrom(1, 5, 20, 40).map((seconds) =>
  step(`wait ${seconds} s`, async (world) => {
    world.now += seconds * second
  }),
)

const claim = fc
  .tuple(node, overlap, fc.nat({ max: 3 }), fc.subarray(['a', 'b', 'c'], { minLength: 1 }))
  .map((given) => {
    const [who, policy, slots, jobs] = given
    return step(`claim ${jobs} by ${who} (${policy}, ${slots} slots)`, async (world, { nodes }) => {
      const fires = jobs.map((name) => fireOf(name, world.now, { overlap: policy, maxAttempts: 2, recoverLimit: 1 }))
      for (const claimed of await nodes[who === 0 ? 0 : 1].claim(fires, { slots })) {
        if (claimed.outcome !== 'running') continue
        world.believed.push({ node: who, id: claimed.execution.id, attempt: claimed.execution.attempt })
      }
    })
  })

const dequeue = fc.tuple(node, fc.integer({ min: 1, max: 3 })).map(([who, limit]) =>
  step(`take ${limit} by ${who}`, async (world, { nodes }) => {
    const { taken } = await nodes[who === 0 ? 0 : 1].dequeue(limit)
    for (const { id, attempt } of taken) world.believed.push({ node: who, id, attempt })
  }),
)

const begin = fc.tuple(node, job).map(([who, name]) =>
  step(`begin ${name} by ${who}`, async (world, { nodes }) => {
    const run = await nodes[who === 0 ? 0 : 1].begin(name)
    if (run.acquired) world.believed.push({ node: who, id: run.execution.id, attempt: run.execution.attempt })
  }),
)

const kind = fc.constantFrom<Outcome['kind']>('success', 'failure', 'retry', 'skipped', 'cancelled', 'released')

const complete = fc.tuple(fc.nat({ max: 20 }), kind).map(([which, how]) =>
  step(`finish ${which} as ${how}`, async (world, { nodes, store }) => {
    const mine = world.believed.splice(which % Math.max(1, world.believed.length), 1)[0]
    if (mine === undefined) return
    const before = await store.execution(mine.id)
    const owner = nodes[mine.node === 0 ? 0 : 1]
    const isOurs = before?.status === 'RUNNING' && before.owner === owner.id && before.attempt === mine.attempt
    const outcome: Outcome =
      how === 'success'
        ? { kind: how }
        : how === 'skipped'
          ? { kind: how, reason: 'nothing to do' }
          : how === 'retry'
            ? { kind: how, error: failure, availableAt: world.now + 5 * second }
            : { kind: how, error: failure }
    expect(await owner.end(mine, outcome)).toBe(isOurs)
  }),
)

const heartbeat = node.map((who) =>
  step(`beat of ${who}`, async (world, { nodes }) => {
    const owner = nodes[who === 0 ? 0 : 1]
    for (const row of world.seen.values()) {
      if (row.status === 'RUNNING' && row.owner === owner.id && !isFresh(row, world)) world.revived.add(row.id)
    }
    await owner.heartbeat()
  }),
)
const recover = node.map((who) =>
  step(`recover by ${who}`, async (_, { nodes }) => void (await nodes[who === 0 ? 0 : 1].recover())),
)
const cancel = fc.nat({ max: 30 }).map((which) =>
  step(`cancel ${which}`, async (world, { store }) => {
    const ids = [...world.seen.keys()]
    const id = ids[which % Math.max(1, ids.length)]
    if (id !== undefined) await store.cancel(id, world.now)
  }),
)
const pause = fc
  .tuple(job, fc.boolean())
  .map(([name, isOn]) =>
    step(`${isOn ? 'pause' : 'resume'} ${name}`, (world, { store }) =>
      isOn ? store.pause(name, 'ann', null, world.now) : store.resume(name, world.now),
    ),
  )

async function tryStories(runs: number, open: () => Promise<{ store: Store; close(): Promise<void> }>): Promise<void> {
  const seed = Number(process.env.WEBSTIR_TEST_SEED ?? 20_260_101)
  const kinds = [wait, claim, claim, dequeue, begin, complete, complete, heartbeat, recover, cancel, pause]
  await fc.assert(
    fc.asyncProperty(fc.commands(kinds, { maxCommands: 40 }), async (commands) => {
      const { store, close } = await open()
      try {
        const nodes = [new Node(store, 'n0', STALE_AFTER), new Node(store, 'n1', STALE_AFTER)] as const
        for (const each of nodes) await each.register()
        await fc.asyncModelRun(() => ({ model: new World(), real: { store, nodes } }), commands)
      } finally {
        await close()
      }
    }),
    { numRuns: runs, seed, endOnFailure: true },
  )
}

describe('whatever happens, statuses move along the allowed arrows only', () => {
  it('in memory', () =>
    tryStories(Number(process.env.WEBSTIR_TEST_RUNS ?? 150), async () => {
      const store = await openStore('memory:')
      return { store, close: () => store.close() }
    }))

  it('in SQLite', () =>
    tryStories(Number(process.env.WEBSTIR_TEST_RUNS ?? 25), async () => {
      const folder = await mkdtemp(join(tmpdir(), 'webstir-model-'))
      const store = await openStore(`file:${join(folder, 'jobs.sqlite')}`)
      return {
        store,
        async close() {
          await store.close()
          await rm(folder, { recursive: true, force: true })
        },
      }
    }))
})
