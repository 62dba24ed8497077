import { afterAll, describe, expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { startPostgres } from '../support/postgres.ts'
import { untilEnded } from '../support/until-ended.ts'
import { runNode } from '../support/workspace.ts'

const PROCESSES = 8
const KEYS = 25

/** Enqueues each key at the same instant as all other processes do. */
const ENQUEUER = `
  import { enqueue } from 'webstir-jobs'
  import { setTimeout as sleep } from 'node:timers/promises'
  // Opens the store before the race.
  await enqueue('once', [process.argv[3]])
  await sleep(Number(process.argv[2]) - Date.now())
  const handles = []
  for (let n = 0; n < ${KEYS}; n++) handles.push(await enqueue('once', ['k' + n], { key: 'k' + n, keyWindow: '1h' }))
  console.log(JSON.stringify(handles))`

let server: Awaited<ReturnType<typeof startPostgres>> | undefined
afterAll(() => server?.remove())

async function storeUrl(kind: 'SQLite' | 'PostgreSQL'): Promise<string> {
  if (kind === 'SQLite') return ''
  server ??= await startPostgres()
  return server.database()
}

describe.each(['SQLite', 'PostgreSQL'] as const)('work that is handed over in %s', (kind) => {
  it(`${PROCESSES} processes that enqueue one key at once get one execution`, { timeout: 120_000 }, async () => {
    const workspace = await buildWorkspace({
      jobs: [{ name: 'once' }],
      sources: { once: 'export function run() {}' },
      files: { 'enqueuer.mjs': ENQUEUER },
    })
    const env = { JOBS_STORE_URL: await storeUrl(kind) }
    const start = String(Date.now() + 4000)
    const script = workspace.path('enqueuer.mjs')
    const processes = Array.from({ length: PROCESSES }, (_, n) =>
      runNode([script, start, `p${n}`], { cwd: workspace.root, env }),
    )
    const ends = await Promise.all(processes)
    expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(PROCESSES).fill({ code: 0, stderr: '' }))
    const handles: { id: string; enqueued: boolean }[][] = ends.map(({ stdout }) => JSON.parse(stdout))
    for (let n = 0; n < KEYS; n++) {
      const ofKey = handles.map((each) => each[n])
      expect(ofKey.filter((handle) => handle?.enqueued)).toHaveLength(1)
      expect(new Set(ofKey.map((handle) => handle?.id)).size).toBe(1)
    }

    const watching = workspace.start(['--watch'], env)
    const rows = await untilEnded(async (): Promise<{ status: string; args: string[] }[]> => {
      const { stdout } = await workspace.scheduler(['--history', '--limit', '500', '--json'], { env })
      return JSON.parse(stdout)
    })
    await watching.stop()
    expect(rows.every(({ status }) => status === 'SUCCESS')).toBe(true)
    expect(rows.map(({ args }) => args[0]).sort()).toEqual(
      [...Array.from({ length: KEYS }, (_, n) => `k${n}`), ...processes.map((_, n) => `p${n}`)].sort(),
    )
  })
})
