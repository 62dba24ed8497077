import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../runtime/store/open.ts'
import { nodeSqliteMissing } from '../support/node-sqlite.ts'
import { exercise } from './suite.ts'

const missing = nodeSqliteMissing()
if (missing !== null) console.log(`skipped: SQLite through node:sqlite; ${missing}`)

for (const driver of missing === null ? ['libsql', 'node'] : ['libsql']) {
  exercise(`SQLite through ${driver}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'webstir-store-'))
    const url = `file:${join(folder, 'data', 'jobs.sqlite')}`
    const env = { JOBS_SQLITE_DRIVER: driver }
    const [first, second] = await Promise.all([openStore(url, { env }), openStore(url, { env })])
    return {
      first,
      second,
      async close() {
        await first.close()
        await second.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  })
}
