import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** How much of what a scheduler says is kept for the message of a failure, in characters. */
const KEPT = 20_000

/** A real scheduler process, `--watch`ing until somebody ends it. */
export class ChaosScheduler {
  readonly pid: number
  readonly startedAt = Date.now()
  /** When it was told or made to end, and how; undefined while nobody did. */
  struck: { readonly signal: NodeJS.Signals; readonly at: number } | undefined
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>
  /** Settles when it watches, or has ended: from then on it heeds signals. */
  readonly ready: Promise<void>
  #isReady = false
  readonly #child: ChildProcess
  #said = ''

  constructor(scheduler: string, env: Readonly<Record<string, string>>, options: readonly string[] = []) {
    const { NODE_OPTIONS: _, ...inherited } = process.env
    this.#child = spawn(process.execPath, [scheduler, '--watch', ...options], {
      env: { ...inherited, LOG_LEVEL: 'info', LOG_FORMAT: 'json', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (this.#child.pid === undefined) throw new Error('the scheduler process could not be started')
    this.pid = this.#child.pid
    let isWatching = (): void => {}
    this.ready = new Promise((resolve) => {
      isWatching = () => {
        this.#isReady = true
        resolve()
      }
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue
      createInterface(stream).on('line', (line) => {
        if (line.includes('watching')) isWatching()
        if (!line.includes('"level":"info"')) this.#said = `${this.#said}${line}\n`.slice(-KEPT)
      })
    }
    this.#child.once('exit', isWatching)
    this.exited = once(this.#child, 'exit').then(([code, signal]) => code ?? signal)
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get isWatching(): boolean {
    return this.#isReady && this.isAlive
  }

  /** The newest of its warnings and errors. */
  get said(): string {
    return this.#said
  }

  /** Sends a signal and waits for the end. */
  async strike(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    this.struck ??= { signal, at: Date.now() }
    if (this.isAlive) this.#child.kill(signal)
    return await this.exited
  }
}

/** Ends what a test left running. */
export async function killAll(schedulers: readonly ChaosScheduler[]): Promise<void> {
  await Promise.all(schedulers.map((scheduler) => (scheduler.isAlive ? scheduler.strike('SIGKILL') : undefined)))
}
