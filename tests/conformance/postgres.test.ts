import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { testDatabase } from '../support/postgres.ts'
import { exercise } from './suite.ts'

let database: Awaited<ReturnType<typeof testDatabase>> | undefined

beforeAll(async () => {
  database = await testDatabase()
})

afterAll(async () => {
  await database?.release()
})

/** Emptying the tables is quicker than making them anew. */
async function empty(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`truncate job_open, job_history, job_fire, job_attempt, job_log, job_line, job_retained_lock,
    job_pause, job_schedule, job_node, job_key, job_result`)
  // What a test made for itself.
  await client.query('drop table if exists period')
  await client.end()
}

exercise('PostgreSQL', async () => {
  const url = database?.url ?? ''
  const [first, second] = await Promise.all([openStore(url), openStore(url)])
  return {
    first,
    second,
    async close() {
      await first.close()
      await second.close()
      await empty(url)
    },
  }
})
