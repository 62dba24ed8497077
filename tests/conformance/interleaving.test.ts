import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { numbered } from '../../runtime/store/drivers/postgres.ts'
import type { Fire } from '../../runtime/store/execution.ts'
import { openStore } from '../../runtime/store/open.ts'
import { claim, type Tick } from '../../runtime/store/rules/claim.ts'
import { dequeue } from '../../runtime/store/rules/dequeue.ts'
import { enqueue } from '../../runtime/store/rules/enqueue.ts'
import { complete, requestCancel } from '../../runtime/store/rules/lifecycle.ts'
import { sqlTables } from '../../runtime/store/sql/tables.ts'
import type { Store } from '../../runtime/store/store.ts'
import type { Row, Script } from '../../runtime/store/transaction-script.ts'
import { testDatabase } from '../support/postgres.ts'
import { requestOf } from './enqueueing.ts'
import { failure, fireOf, minute, Node, second, T0 } from './fixtures.ts'

/*
 * Two transactions on two connections, run statement by statement in every order that there is. One that has to wait for
 * the other's lock is seen to wait, and the other goes on.
 */

const at = T0 + minute
const tables = sqlTables('postgres')

let database: Awaited<ReturnType<typeof testDatabase>>
let store: Store
let watcher: pg.Pool

beforeAll(async () => {
  database = await testDatabase()
  store = await openStore(database.url)
  watcher = new pg.Pool({ connectionString: database.url, max: 4 })
})

afterAll(async () => {
  await watcher?.end()
  await store?.close()
  await database?.release()
})

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: database.url,
    types: { getTypeParser: (oid, format) => (oid === 20 ? Number : pg.types.getTypeParser(oid, format)) },
  })
  await client.connect()
  return client
}

/** A transaction that stops before each of its statements. */
class Stepper<Result> {
  result: Result | undefined
  isDone = false
  /** Statements run so far. */
  count = 0
  #pending: Promise<void> | undefined
  #stage: 'begin' | 'steps' | 'commit' = 'begin'
  #next: IteratorResult<{ sql: string; parameters: readonly unknown[] }, Result> | undefined

  constructor(
    private readonly client: pg.Client,
    private readonly pid: number,
    private readonly steps: Script<Result>,
  ) {}

  /** Runs the next statement, or goes on with the one that waits; false where it has to wait. */
  async step(): Promise<boolean> {
    this.#pending ??= this.#run()
    const isOver = await Promise.race([this.#pending.then(() => true), this.#waits().then(() => false)])
    if (isOver) this.#pending = undefined
    return isOver
  }

  async #run(): Promise<void> {
    this.count++
    if (this.#stage === 'begin') {
      await this.client.query('begin')
      this.#stage = 'steps'
      this.#go([])
      return
    }
    if (this.#stage === 'commit' || this.#next === undefined || this.#next.done === true) {
      await this.client.query('commit')
      this.isDone = true
      return
    }
    const { sql, parameters } = this.#next.value
    const { rows } = await this.client.query<Row>(numbered(sql), [...parameters])
    this.#go(rows)
  }

  #go(rows: readonly Row[]): void {
    this.#next = this.steps.next(rows)
    if (this.#next.done !== true) return
    this.result = this.#next.value
    this.#stage = 'commit'
  }

  /** Resolves when the server says that this connection waits for a lock; never, where it doesn't. */
  async #waits(): Promise<void> {
    const mine = this.#pending
    for (;;) {
      // Most statements are answered before anybody has to look.
      await new Promise((resolve) => setTimeout(resolve, 3))
      if (this.#pending !== mine) return new Promise(() => {})
      const { rows } = await watcher.query('select 1 from pg_locks where pid = $1 and not granted', [this.pid])
      if (rows.length > 0) return
    }
  }
}

/** Runs both in the order given: true is a statement of the first. What is left over runs at the end. */
async function interleave<A, B>(first: Stepper<A>, other: Stepper<B>, order: readonly boolean[]): Promise<void> {
  for (const isFirst of [...order, ...Array<boolean>(100).fill(true), ...Array<boolean>(200).fill(false)]) {
    if (first.isDone && other.isDone) return
    const turn = isFirst ? first : other
    const rest = isFirst ? other : first
    if (turn.isDone) continue
    if (!(await turn.step())) while (!rest.isDone && (await rest.step()) && !(await turn.step()));
  }
}

/** All orders in which `a` statements of the one and `b` of the other can follow each other. */
function* orders(a: number, b: number): Generator<boolean[]> {
  if (a === 0 || b === 0) {
    yield [...Array<boolean>(a).fill(true), ...Array<boolean>(b).fill(false)]
    return
  }
  for (const rest of orders(a - 1, b)) yield [true, ...rest]
  for (const rest of orders(a, b - 1)) yield [false, ...rest]
}

/** The orders in which one of them stops once for a part of the other: for scripts that have too many orders. */
function* pauses(a: number, b: number): Generator<boolean[]> {
  const many = (count: number, isFirst: boolean) => Array<boolean>(count).fill(isFirst)
  for (let lead = 0; lead <= b; lead++) {
    for (let part = 0; part <= a; part++) {
      yield [...many(lead, false), ...many(part, true), ...many(b - lead, false), ...many(a - part, true)]
    }
  }
}

const tickOf = (fires: readonly Fire[], watermarks: Tick['watermarks'] = []): Tick => ({
  node: 'node-2',
  now: at + second,
  slots: 5,
  staleBefore: at - minute,
  watermarks,
  fires,
})

interface Pair<A, B> {
  readonly first: () => Script<A>
  readonly other: () => Script<B>
}

/** Tries these orders, else every one; `prepare` sets the stage and says what both do, `check` looks at what came of it. */
async function tryOrders<A, B>(
  prepare: (round: number) => Promise<Pair<A, B>>,
  check: (round: number, a: A | undefined, b: B | undefined) => Promise<void>,
  ordersOf = orders,
): Promise<number> {
  const clients = [await connect(), await connect()] as const
  const pids: number[] = []
  for (const client of clients) pids.push((await client.query('select pg_backend_pid() as pid')).rows[0].pid)
  const run = async (round: number, order: readonly boolean[]): Promise<readonly [number, number]> => {
    const { first, other } = await prepare(round)
    const a = new Stepper(clients[0], pids[0] ?? 0, first())
    const b = new Stepper(clients[1], pids[1] ?? 0, other())
    await interleave(a, b, order)
    await check(round, a.result, b.result)
    return [a.count, b.count]
  }
  try {
    const [a, b] = await run(0, [])
    let round = 1
    for (const order of ordersOf(a, b)) await run(round++, order)
    return round
  } finally {
    for (const client of clients) await client.end()
  }
}

/** Executions of a job, open or ended. */
async function rowsOf(job: string): Promise<number> {
  return (await store.executions({ jobs: [job], limit: 100 })).length
}

describe('an execution ends while its fire is claimed again', () => {
  const node = (): Node => new Node(store, 'node-1').at(at)
  const ending = async (fire: Fire, watermarks: Tick['watermarks'] = []) => {
    const [claimed] = await node().claim([fire], { watermarks: [...watermarks] })
    if (claimed?.outcome !== 'running') throw new Error(`the fire came back ${claimed?.outcome}`)
    const { id, attempt } = claimed.execution
    return () => complete(tables, [{ id, owner: 'node-1', attempt, at: at + second, outcome: { kind: 'success' } }])
  }

  it.each([
    { what: 'claimed by a row of its own', tenant: '' },
    { what: 'of a tenant', tenant: 't' },
  ])('$what', async ({ tenant }) => {
    const jobOf = (round: number): string => `own-${tenant}-${round}`
    const tried = await tryOrders(
      async (round) => {
        const fire = fireOf(jobOf(round), at, { tenant, overlap: 'allow' })
        return { first: await ending(fire), other: () => claim(tables, tickOf([fire])) }
      },
      async (round, ended, again) => {
        expect(ended).toEqual([true])
        expect(again?.map(({ outcome }) => outcome)).toEqual(['already-claimed'])
        expect(await rowsOf(jobOf(round))).toBe(1)
      },
    )
    expect(tried).toBeGreaterThan(50)
  })

  it('claimed by the loop, and again without its watermark', async () => {
    const jobOf = (round: number): string => `loop-${round}`
    await tryOrders(
      async (round) => {
        const job = jobOf(round)
        await node().schedule(job)
        const fire = fireOf(job, at, { overlap: 'allow' })
        const first = await ending(fire, [{ key: `${job}-key`, to: at }])
        return { first, other: () => claim(tables, tickOf([fire])) }
      },
      async (round, _, again) => {
        expect(again?.map(({ outcome }) => outcome)).toEqual(['already-claimed'])
        expect(await rowsOf(jobOf(round))).toBe(1)
      },
    )
  })

  it('or while another fire comes to wait behind it, which then gets its turn', async () => {
    const jobOf = (round: number): string => `next-${round}`
    await tryOrders(
      async (round) => {
        const first = await ending(fireOf(jobOf(round), at))
        const fire = fireOf(jobOf(round), at + second, { overlap: 'queue' })
        return { first, other: () => claim(tables, { ...tickOf([fire]), slots: 0 }) }
      },
      async (round, _, again) => {
        expect(again?.map(({ outcome }) => outcome)).toEqual(['queued'])
        const { taken } = await node()
          .at(at + second)
          .dequeue(5)
        expect(taken.map(({ job }) => job)).toEqual([jobOf(round)])
        for (const one of taken)
          await node()
            .at(at + second)
            .end(one)
      },
    )
  })
})

it('two that claim one fire in the same moment claim it once', async () => {
  const jobOf = (round: number): string => `both-${round}`
  const clients = [await connect(), await connect()] as const
  const pids: number[] = []
  for (const client of clients) pids.push((await client.query('select pg_backend_pid() as pid')).rows[0].pid)
  try {
    // Whoever comes second waits for the lock of the line, so only the orders before that differ.
    for (let lead = 0; lead < 15; lead++) {
      const fire = fireOf(jobOf(lead), at, { overlap: 'allow' })
      const [a, b] = clients.map((client, n) => new Stepper(client, pids[n] ?? 0, claim(tables, tickOf([fire]))))
      if (a === undefined || b === undefined) throw new Error('two are needed')
      await interleave(
        a,
        b,
        Array.from({ length: 40 }, (_, n) => n < lead || n % 2 === 0),
      )
      const outcomes = [...(a.result ?? []), ...(b.result ?? [])].map(({ outcome }) => outcome)
      expect(outcomes.sort()).toEqual(['already-claimed', 'running'])
      expect(await rowsOf(jobOf(lead))).toBe(1)
    }
  } finally {
    for (const client of clients) await client.end()
  }
})

it('a cancellation is heeded whether it comes before, while or after the attempt ends and is to be tried again', async () => {
  const node = (): Node => new Node(store, 'node-1').at(at)
  const ids: string[] = []
  await tryOrders(
    async (round) => {
      const { id, attempt } = await node().run(`cancel-${round}`, at, { maxAttempts: 2 })
      ids[round] = id
      const outcome = { kind: 'retry', error: failure, availableAt: at + second } as const
      return {
        first: () => complete(tables, [{ id, owner: 'node-1', attempt, at, outcome }]),
        other: () => requestCancel(tables, id, at),
      }
    },
    async (round, _, answer) => {
      expect(answer).toMatch(/^(requested|cancelled)$/)
      expect((await store.execution(ids[round] ?? ''))?.status).toBe('CANCELLED')
    },
    pauses,
  )
})

it('what is enqueued with the key of an execution that starts meanwhile is not lost', async () => {
  const node = new Node(store, 'node-1').at(at)
  const requestIn = (round: number, arg: string) => {
    const key = { key: 'k', onConflict: 'replace', freesAtStart: true, keepFor: 0, maxWait: null } as const
    return requestOf(node, `keyed-${round}`, { lock: 'bypass', args: [arg], key, queue: `keyed-${round}` })
  }
  await tryOrders(
    async (round) => {
      await store.enqueue([requestIn(round, 'old')])
      const request = { node: 'node-2', now: at, limit: 1, staleBefore: at - minute, queues: [`keyed-${round}`] }
      return { first: () => dequeue(tables, request), other: () => enqueue(tables, [requestIn(round, 'new')]) }
    },
    async (round) => {
      const rows = await store.executions({ jobs: [`keyed-${round}`], limit: 10 })
      expect(rows.map(({ args }) => args)).toContainEqual(['new'])
    },
    pauses,
  )
})
