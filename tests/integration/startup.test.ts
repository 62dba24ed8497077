import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type BuiltWorkspace, buildWorkspace } from '../support/built.ts'
import { ROOT, runNode, runProcess } from '../support/workspace.ts'

let workspace: BuiltWorkspace
/** Says at the end of a process which of Node's own modules it has loaded. */
let told: string

beforeAll(async () => {
  workspace = await buildWorkspace({
    jobs: [{ name: 'nothing' }, { name: 'says' }, { name: 'greets' }],
    sources: {
      nothing: 'export async function run() {}\n',
      greets: `process.stdout.write('word '.repeat(100_000))\nexport async function run() {}\n`,
      says: `export async function run() { process.stdout.write('word '.repeat(100_000)) }\n`,
    },
    files: {
      'told.cjs': `process.on('exit', () => {
        const names = process.moduleLoadList.map((name) => name.replace('NativeModule ', ''))
        require('fs').writeSync(2, JSON.stringify(names))
      })\n`,
      'empty.mjs': '',
    },
  })
  told = workspace.path('told.cjs')
})

/** What a process loads of these beyond what an empty file does. */
async function loads(slow: readonly string[], args: readonly string[], env = {}): Promise<string[]> {
  const modulesOf = async (rest: readonly string[]): Promise<string[]> => {
    const { code, stderr } = await runNode(['--require', told, ...rest], { env })
    expect(code, stderr).toBe(0)
    return JSON.parse(stderr)
  }
  const always = await modulesOf([workspace.path('empty.mjs')])
  return (await modulesOf(args)).filter((name) => slow.includes(name) && !always.includes(name))
}

describe('what starts often loads little, its output being a pipe', () => {
  const scheduler = (): string => workspace.path('build/backend/jobs/scheduler.js')

  it('a list loads no streams, no sockets, no threads', async () => {
    const slow = ['stream', 'net', 'tty', 'worker_threads', 'child_process', 'crypto', 'os']
    expect(await loads(slow, [scheduler(), '--list'])).toEqual([])
  })

  it('a job without a store loads no sockets, no threads, no processes', async () => {
    const slow = ['stream', 'net', 'tty', 'worker_threads', 'child_process']
    expect(await loads(slow, [scheduler(), '--job', 'nothing'], { JOBS_STORE_URL: 'memory:' })).toEqual([])
  })

  it('a job on SQLite loads no sockets and no processes', async () => {
    expect(await loads(['net', 'tty', 'child_process'], [scheduler(), '--job', 'nothing'])).toEqual([])
  })
})

describe('what a job writes to standard output by itself arrives whole', () => {
  // The log's lines go their own way to the same pipe, and may come in the middle of a word.
  const words = (stdout: string): number => (stdout.replaceAll(/\{"level".*\}\n/g, '').match(/word /g) ?? []).length

  it('while it runs', async () => {
    const { code, stdout } = await workspace.scheduler(['--job', 'says'])
    expect({ code, words: words(stdout) }).toEqual({ code: 0, words: 100_000 })
  })

  it('when its module is loaded, and it is run directly', async () => {
    const { code, stdout } = await runNode([workspace.path('build/backend/jobs/greets/index.js')])
    expect({ code, words: words(stdout) }).toEqual({ code: 0, words: 100_000 })
  })
})

// A device of Linux on which there is never any room.
it.runIf(existsSync('/dev/full'))('a list that finds no room where it is written to is a failure', async () => {
  const quoted = (args: readonly string[]): string => args.map((arg) => `'${arg}'`).join(' ')
  const list = [workspace.path('build/backend/jobs/scheduler.js'), '--list', '--json']
  const listJobs = [join(ROOT, 'dist/cli/bin.js'), 'list-jobs', '--workspace', workspace.root]
  for (const args of [list, listJobs]) {
    const { code, stderr } = await runProcess('/bin/sh', ['-c', `${quoted([process.execPath, ...args])} > /dev/full`])
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOSPC') })
  }
})
