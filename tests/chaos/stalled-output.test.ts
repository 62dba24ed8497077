import { execFileSync, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { type BuiltWorkspace, layOutWorkspace } from '../support/chaos-workspace.ts'

const JOB = 'writes'
/** Each run writes more than any pipe holds. */
const SOURCE = `export async function run({ log }) { for (let line = 0; line < 10; line++) log.info('x'.repeat(60_000)) }`

let workspace: BuiltWorkspace | undefined
let end = (): void => {}
afterEach(async () => {
  end()
  await workspace?.remove()
})

async function start(stdio: StdioOptions, options = ['--watch']) {
  workspace = await layOutWorkspace({ jobs: [{ name: JOB, schedule: 'rate(1 second)' }], module: () => SOURCE })
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, [workspace.scheduler, ...options], {
    env: { ...env, LOG_FORMAT: 'json' },
    stdio,
  })
  end = () => child.kill('SIGKILL')
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  return { child, exited, root: workspace.root }
}

/** Waits until this many runs have succeeded; how many there are after 20 s at the latest. */
async function successes(root: string, wanted: number): Promise<number> {
  const url = `file:${join(root, 'data', 'jobs.sqlite')}`
  const limit = Date.now() + 20_000
  for (;;) {
    await sleep(500)
    const store = await openStore(url)
    const rows = await store.executions({ statuses: ['SUCCESS'], limit: 1000 })
    await store.close()
    if (rows.length >= wanted || Date.now() > limit) return rows.length
  }
}

describe('given a scheduler whose standard output is not read', () => {
  it('runs on, says what it dropped once it is read again, and heeds SIGTERM: through a pipe', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'webstir-fifo-'))
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    // Opened for reading as well, so that the writer has a reader: one that doesn't read.
    const pipe = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
    const own = openSync(fifo, constants.O_WRONLY)
    const { child, exited, root } = await start(['ignore', own, 'pipe'])
    closeSync(own)
    let errors = ''
    child.stderr?.on('data', (chunk) => {
      errors += chunk
    })

    // 0.6 MB a run, of which 4 MB wait: from the eighth on, lines are dropped.
    const runs = await successes(root, 12)
    expect(runs).toBeGreaterThanOrEqual(12)
    const note = await findInPipe(pipe, /"dropped":(\d+)/)
    expect(Number(note)).toBeGreaterThan(0)

    const before = await successes(root, 0)
    await successes(root, before + 2)
    const asked = Date.now()
    child.kill('SIGTERM')
    expect(await exited, errors).toBe(0)
    expect(Date.now() - asked).toBeLessThan(5000)
    expect(errors).toMatch(/log lines? (?:was|were) lost/)
    closeSync(pipe)
    rmSync(folder, { recursive: true })
  }, 90_000)

  it('runs on and heeds SIGTERM: through a socket, as a supervisor in Node has it', async () => {
    const { child, exited, root } = await start(['ignore', 'pipe', 'pipe'])
    child.stdout?.pause()

    expect(await successes(root, 8)).toBeGreaterThanOrEqual(8)
    const asked = Date.now()
    child.kill('SIGTERM')

    expect(await exited).toBe(0)
    expect(Date.now() - asked).toBeLessThan(5000)
  }, 60_000)
})

describe('given a run by hand whose output is read late', () => {
  it('waits with its end until all was read, and loses nothing', async () => {
    const { child, exited } = await start(['ignore', 'pipe', 'inherit'], ['--job', JOB])
    await sleep(2000)
    let text = ''
    child.stdout?.on('data', (chunk) => {
      text += chunk
    })

    await new Promise((resolve) => child.once('close', resolve))
    expect(await exited).toBe(0)
    expect(text.match(/x{60000}/g)).toHaveLength(10)
  }, 30_000)
})

/** Reads until the pattern is there; what its group matched. */
async function findInPipe(pipe: number, pattern: RegExp): Promise<string | undefined> {
  const chunk = Buffer.alloc(65_536)
  const limit = Date.now() + 20_000
  let tail = ''
  while (Date.now() < limit) {
    try {
      tail = (tail + chunk.toString('utf8', 0, readSync(pipe, chunk))).slice(-200_000)
    } catch {
      await sleep(5)
    }
    const found = pattern.exec(tail)
    if (found !== null) return found[1]
  }
  return undefined
}
