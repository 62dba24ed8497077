import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../runtime/store/open.ts'
import { exercise } from './suite.ts'

exercise('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-store-'))
  const url = `file:${join(folder, 'data', 'jobs.sqlite')}`
  const [first, second] = await Promise.all([openStore(url), openStore(url)])
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
