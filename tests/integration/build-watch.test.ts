import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import { makeWorkspace, ROOT, type Workspace } from '../support/workspace.ts'

/** A command that goes on, and what it has printed so far. */
class Running {
  readonly #child: ChildProcess
  readonly ended: Promise<number | null>
  #text = ''
  #look: () => void = () => {}

  constructor(workspace: Workspace, ...args: string[]) {
    const cli = `${ROOT}/dist/cli/bin.js`
    const env = { ...process.env, JOBS_STORE_URL: 'memory:', LOG_FORMAT: 'json' }
    this.#child = spawn(process.execPath, [cli, ...args, '--workspace', workspace.root], { env })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (data) => {
        this.#text += String(data)
        this.#look()
      })
    }
    this.ended = new Promise((resolve) => this.#child.on('exit', (code) => resolve(code)))
  }

  /** Waits until that text comes behind the one waited for last. */
  async until(text: string): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(text)
      if (at >= 0) {
        const before = this.#text.slice(0, at)
        this.#text = this.#text.slice(at + text.length)
        return before
      }
      await new Promise<void>((resolve) => {
        this.#look = resolve
      })
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

const running: Running[] = []
afterEach(() => {
  for (const command of running.splice(0)) command.kill('SIGKILL')
})

function start(workspace: Workspace, ...args: string[]): Running {
  const command = new Running(workspace, ...args)
  running.push(command)
  return command
}

const tick = (word: string) => `export const run = () => console.log('${word}')\n`

function ticking(): Workspace {
  const jobs = [
    { name: 'tick', schedule: 'rate(1 second)' },
    { name: 'boot', schedule: '@reboot' },
  ]
  return makeWorkspace({
    packageJson: { name: 'x', version: '1.0.0', type: 'module', webstir: { module: { jobs } } },
    files: { 'src/backend/jobs/tick/index.js': tick('first'), 'src/backend/jobs/boot/index.js': tick('booted') },
  })
}

describe('webstir watch', () => {
  it('builds and restarts on a change, keeps going through a broken build, and stops cleanly', async () => {
    const workspace = ticking()
    const watch = start(workspace, 'watch')
    await watch.until('[boot] booted')
    await watch.until('[tick] first')

    workspace.write('src/backend/jobs/tick/index.js', tick('second'))
    await watch.until('Built 1 job')
    const between = await watch.until('[tick] second')

    workspace.write('src/backend/jobs/tick/index.js', 'export const run = (')
    await watch.until('going on with the last good build')
    await watch.until('[tick] second')

    workspace.write('src/backend/jobs/tick/index.js', tick('third'))
    const later = await watch.until('[tick] third')

    workspace.write('package.json', workspace.read('package.json').replace('1 second', '2 seconds'))
    await watch.until('Read package.json again')
    await watch.until('[tick] third')
    watch.kill('SIGTERM')
    await watch.until('stopped')

    expect(await watch.ended).toBe(0)
    expect(between + later).not.toContain('booted')
  })

  it('waits for the first good build', async () => {
    const workspace = ticking()
    workspace.write('src/backend/jobs/tick/index.js', 'export const run = (')
    const watch = start(workspace, 'watch')
    await watch.until('waiting for changes')

    workspace.write('src/backend/jobs/tick/index.js', tick('mended'))

    await watch.until('[tick] mended')
    watch.kill('SIGINT')
    expect(await watch.ended).toBe(0)
  })
})

describe('webstir build --watch', () => {
  it('builds on a change, runs nothing, and stops on a signal', async () => {
    const workspace = ticking()
    const watch = start(workspace, 'build', '--watch')
    await watch.until('Built 2 jobs')

    workspace.write('src/backend/jobs/tick/index.js', tick('second'))

    const text = await watch.until('Built 1 job')
    expect(workspace.read('build/backend/jobs/tick/index.js')).toContain('second')
    expect(text).not.toContain('[tick]')
    watch.kill('SIGINT')
    expect(await watch.ended).toBe(0)
  })
})
