import { createHash } from 'node:crypto'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { testDatabase } from '../support/postgres.ts'
import { fireOf, minute, Node, rowsOf, statusOf, T0 } from './fixtures.ts'

/*
 * A network that loses the connection while a COMMIT is on its way. What becomes of the commit is decided later: it
 * arrives, or it doesn't.
 */

/** By its text, or by the name under which it was prepared. */
const PREPARED = createHash('sha256').update('commit').digest('hex').slice(0, 24)
const COMMIT = new RegExp(`\\bcommit\\b|${PREPARED}`, 'i')

interface Held {
  /** The server gets it after all, and answers nobody. */
  arrive(): Promise<void>
  /** It never does: the server sees the connection end. */
  vanish(): Promise<void>
}

class Network {
  #holds: ((held: Held) => void) | undefined
  readonly #sockets = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async to(target: string): Promise<Network> {
    const url = new URL(target)
    const port = Number(url.port)
    let network: Network | undefined
    const server = createServer((client) => network?.carry(client, connect(port, '127.0.0.1')))
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
    url.port = String(address.port)
    network = new Network(server, url.href)
    return network
  }

  /** The next COMMIT is held, and the connection of its client lost. */
  holdNextCommit(): Promise<Held> {
    return new Promise((resolve) => {
      this.#holds = resolve
    })
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((done) => this.server.close(() => done()))
  }

  carry(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
    }
    upstream.on('data', (chunk) => {
      if (!client.destroyed) client.write(chunk)
    })
    client.on('data', (chunk) => {
      if (this.#holds === undefined || !COMMIT.test(chunk.toString('latin1'))) return void upstream.write(chunk)
      const hold = this.#holds
      this.#holds = undefined
      client.destroy()
      hold({
        async arrive() {
          const answered = new Promise((resolve) => upstream.once('data', resolve))
          upstream.write(chunk)
          await answered
          upstream.end()
        },
        async vanish() {
          const closed = new Promise((resolve) => upstream.once('close', resolve))
          upstream.destroy()
          await closed
        },
      })
    })
    client.on('close', () => {
      if (this.#holds !== undefined) upstream.end()
    })
  }
}

let database: Awaited<ReturnType<typeof testDatabase>>
let network: Network
let store: Store
let direct: Store
let node: Node
const at = T0 + minute

beforeAll(async () => {
  database = await testDatabase()
})

afterAll(() => database?.release())

beforeEach(async () => {
  network = await Network.to(database.url)
  ;[store, direct] = [await openStore(network.url), await openStore(database.url)]
  node = new Node(store, 'node-1').at(at)
})

afterEach(async () => {
  await store.close()
  await direct.close()
  await network.close()
})

const away = { code: 'STORE_UNAVAILABLE' }

/** Does something whose commit is held. */
async function held(act: () => Promise<unknown>): Promise<Held> {
  const holding = network.holdNextCommit()
  await expect(act()).rejects.toMatchObject(away)
  return await holding
}

it('an execution that was claimed in a commit which arrives late is returned by a dequeue after that', async () => {
  const commit = await held(() => node.claim([fireOf('claimed', at)]))

  expect(await node.taken()).toEqual([])
  await commit.arrive()
  await expect.poll(() => rowsOf(direct, 'claimed')).toHaveLength(1)

  expect(await node.taken()).toEqual(['claimed 60'])
  expect(await node.taken()).toEqual([])
})

it.each([
  { what: 'alone', preCheck: {} },
  { what: 'behind a pre-check', preCheck: { preCheck: async () => ({ skip: false }) as const } },
])('a run that began $what in a commit which arrives late is cancelled, for its caller has given up', async (given) => {
  const job = `begun ${given.what}`
  const commit = await held(() => node.begin(job, given.preCheck))

  expect(await node.taken()).toEqual([])
  await commit.arrive()
  await expect.poll(() => rowsOf(direct, job)).toHaveLength(1)

  expect(await node.taken()).toEqual([])
  const [row] = await rowsOf(direct, job)
  expect(await statusOf(direct, row?.id ?? '')).toBe('CANCELLED')
})

it('an execution whose start was rolled back is dequeued again, and returned once', async () => {
  await node.claim([fireOf('queued', at)], { slots: 0 })
  const commit = await held(() => node.dequeue())
  await commit.vanish()

  await expect.poll(() => node.taken()).toEqual(['queued 60'])

  expect(await node.taken()).toEqual([])
  expect(await rowsOf(direct, 'queued')).toMatchObject([{ status: 'RUNNING', attempt: 1, owner: 'node-1' }])
})
