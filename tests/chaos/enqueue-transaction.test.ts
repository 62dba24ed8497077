import { spawn } from 'node:child_process'
import pg from 'pg'
import { expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { chaosTime } from '../support/chaos-random.ts'
import { startPostgres } from '../support/postgres.ts'
import { plainEnvironment } from '../support/workspace.ts'

/** Hands over an order and its work in one transaction, which it commits or rolls back, until it is killed. */
const SHOP = `
  import pg from 'pg'
  import { enqueue } from 'webstir-jobs'
  const client = new pg.Client({ connectionString: process.env.JOBS_STORE_URL })
  await client.connect()
  for (let n = 0; ; n++) {
    await client.query('begin')
    const key = n % 3 === 0 ? { key: 'k' + (n % 7) } : {}
    const overlap = n % 2 === 0 ? 'queue' : 'allow'
    const { id, enqueued } = await enqueue('receipt', [n], { transaction: client, delay: '1h', overlap, ...key })
    if (enqueued) await client.query('insert into orders (execution) values ($1)', [id])
    await client.query(n % 5 < 2 ? 'rollback' : 'commit')
    process.stdout.write('.')
  }`

const count = (sql: string): string => `select count(*)::int as n from ${sql}`

it('a transaction that is killed at any point leaves no work without its order, and no order without its work', {
  timeout: chaosTime(20_000) + 120_000,
}, async () => {
  const server = await startPostgres()
  const url = await server.database()
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  try {
    const workspace = await buildWorkspace({
      jobs: [{ name: 'receipt' }],
      sources: { receipt: 'export function run() {}' },
      files: { 'shop.mjs': SHOP },
    })
    const env = { ...plainEnvironment(), JOBS_STORE_URL: url }
    await workspace.scheduler(['--status', '--json'], { env })
    await admin.query('create table orders (execution uuid primary key)')
    let kills = 0
    for (const end = Date.now() + chaosTime(20_000); Date.now() < end; kills++) {
      const shop = spawn(process.execPath, [workspace.path('shop.mjs')], { cwd: workspace.root, env })
      let left = 1 + Math.floor(Math.random() * 20)
      shop.stdout.on('data', (dots: Buffer) => {
        left -= dots.length
        if (left <= 0) setTimeout(() => shop.kill('SIGKILL'), Math.random() * 5)
      })
      let said = ''
      shop.stderr.on('data', (text: Buffer) => {
        said += String(text)
      })
      const signal = await new Promise((resolve) => shop.once('close', (_, by) => resolve(by)))
      expect({ signal, said }).toEqual({ signal: 'SIGKILL', said: '' })
    }
    // A commit that the last one had sent may still be under way: it holds a lock that this waits for.
    await admin.query('begin')
    await admin.query('lock table orders in share mode')
    await admin.query('commit')
    const [total, orphans, losses, keys] = await Promise.all(
      [
        'job_open',
        'job_open o where not exists (select 1 from orders where execution = o.id)',
        'orders where not exists (select 1 from job_open o where o.id = execution)',
        'job_key k where not exists (select 1 from job_open o where o.id = k.execution_id)',
      ].map(async (sql) => (await admin.query(count(sql))).rows[0]?.n),
    )
    console.log(`chaos: ${kills} kills, ${total} executions, ${orphans} orphans, ${losses} losses`)
    expect({ orphans, losses, keys }).toEqual({ orphans: 0, losses: 0, keys: 0 })
    expect(total).toBeGreaterThan(kills)
  } finally {
    await admin.end()
    await server.remove()
  }
})
