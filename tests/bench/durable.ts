/*
 * What durability costs: no-op jobs through the whole path, on SQLite beside raw SQLite and on PostgreSQL beside two job
 * queues; how soon PostgreSQL's fires start, and what an idle node asks it; how late fires are and what schedules cost
 * that aren't due. `npm run bench -- durable`. With BENCH_QUICK=1 once, and shortly.
 */
import { startPostgres } from '../support/postgres.ts'
import { idleBench } from './idle.ts'
import { latenessBench } from './lateness.ts'
import { sqliteBench } from './sqlite-rate.ts'
import { throughput } from './throughput.ts'

export async function bench(): Promise<void> {
  await sqliteBench()
  const server = await startPostgres()
  try {
    await throughput(server)
  } finally {
    await server.remove()
  }
  await idleBench()
  await latenessBench()
}
