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

/** Waits for the results of two jobs, whichever process runs them. */
const AWAITER = `
  import { enqueue } from 'webstir-jobs'
  const good = await enqueue('deadly', ['good'])
  const bad = await enqueue('deadly', ['bad'])
  console.log('enqueued')
  console.log(JSON.stringify(await good.result({ timeout: '60s' })))
  console.log(await bad.result({ timeout: '60s' }).catch((error) => [error.name, error.code, error.message].join()))`

/** Kills its process in the first attempt. */
const DEADLY = `export async function run({ attempt, args }) {
  if (attempt === 1) process.kill(process.pid, 'SIGKILL')
  if (args[0] === 'bad') throw Object.assign(new TypeError('bad in ' + attempt), { code: 'BAD' })
  return { attempt }
}`

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

  it('results are awaited across the death of the worker that had begun', { timeout: 120_000 }, async () => {
    const workspace = await buildWorkspace({
      jobs: [{ name: 'deadly' }],
      sources: { deadly: DEADLY },
      settings: { staleAfter: '1s' },
      files: { 'awaiter.mjs': AWAITER },
    })
    const env = { JOBS_STORE_URL: await storeUrl(kind) }
    const awaiting = runNode([workspace.path('awaiter.mjs')], { cwd: workspace.root, env })
    // The first worker may die before the second job is there: then the next one dies of that.
    const deaths: (string | null)[] = []
    let isOver = false
    void awaiting.finally(() => {
      isOver = true
    })
    while (!isOver) {
      const worker = workspace.start(['--watch'], env)
      await Promise.race([worker.ended, awaiting])
      if (isOver) await worker.stop()
      else deaths.push((await worker.ended).signal)
    }
    expect(deaths.length).toBeGreaterThan(0)
    expect(deaths.every((signal) => signal === 'SIGKILL')).toBe(true)
    const { code, stdout } = await awaiting
    expect({ code, lines: stdout.trim().split('\n') }).toEqual({
      code: 0,
      lines: ['enqueued', '{"attempt":2}', 'TypeError,BAD,bad in 2'],
    })
  })
})
