import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { eventually } from '../support/eventually.ts'

/** Starts a process that outlives its parent, says its id in a file, and waits. */
const PARENT = `
  import { spawn } from 'node:child_process'
  import { writeFileSync } from 'node:fs'
  export async function run(ctx) {
    const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: 'ignore' })
    await new Promise((resolve) => child.once('spawn', resolve))
    writeFileSync(ctx.env.PID_FILE, String(child.pid))
    await new Promise(() => setInterval(() => {}, 1000))
  }`

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    // A zombie that its parent has yet to be told of is gone, too.
    return !existsSync('/proc') || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function pidIn(file: string): Promise<number> {
  return eventually(() => Number(readFileSync(file, 'utf8')) || undefined)
}

it('fails the run, and no other, when its process cannot be started: it names the variable that is too long', async () => {
  const workspace = await buildWorkspace({
    jobs: [
      { name: 'apart', schedule: '@reboot', isolation: 'process' },
      { name: 'inline', schedule: '@reboot' },
    ],
    sources: { apart: 'export function run() {}', inline: 'export function run() {}' },
    files: { '.env': `FEATURE_FLAGS="${'x'.repeat(140_000)}"\n` },
  })

  const watching = workspace.start(['--watch'])
  await watching.logged(/^\[inline\] succeeded/)
  await watching.logged(/^\[apart\] failed: the process of job "apart" could not be started: .*E2BIG/)
  const { code } = await watching.stop()
  const byHand = await workspace.scheduler(['--job', 'apart'])

  expect(code).toBe(0)
  expect(byHand.code).toBe(1)
  const apart = (await workspace.history()).filter(({ job }) => job === 'apart')
  expect(apart.map(({ status, error }) => [status, error?.code])).toEqual([
    ['FAILURE', 'JOB_PROCESS_NOT_STARTED'],
    ['FAILURE', 'JOB_PROCESS_NOT_STARTED'],
  ])
  expect(byHand.stdout).toContain('FEATURE_FLAGS')
})

it('ends what an isolated job has started along with it, when it takes too long', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'parent', isolation: 'process', timeout: '1s' }],
    sources: { parent: PARENT },
  })
  const file = workspace.path('pid')

  const { code } = await workspace.scheduler(['--job', 'parent'], { env: { PID_FILE: file } })

  expect(code).toBe(1)
  const pid = await pidIn(file)
  await eventually(() => !isAlive(pid) || undefined)
  expect(await workspace.history()).toMatchObject([{ status: 'FAILURE', error: { code: 'TIMEOUT' } }])
})

it('ends what an isolated job has started along with it, when the scheduler is killed', async () => {
  const workspace = await buildWorkspace({
    jobs: [{ name: 'parent', schedule: '@reboot', isolation: 'process' }],
    sources: { parent: PARENT },
  })
  const file = workspace.path('pid')
  const watching = workspace.start(['--watch'], { PID_FILE: file })
  const pid = await pidIn(file)

  await watching.stop('SIGKILL')

  await eventually(() => !isAlive(pid) || undefined)
})
