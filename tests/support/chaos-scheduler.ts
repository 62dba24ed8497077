import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** How much of what a scheduler says is kept for the message of a failure, in characters. */
const KEPT = 20_000

/** A real scheduler process, `--watch`ing until somebody ends it. */
export class ChaosScheduler {
  readonly pid: number
  readonly startedAt = Date.now()
  /** When it was told or made to end, and how; undefined while nobody did. */
  struck: { readonly signal: NodeJS.Signals; readonly at: number } | undefined
  readonly exited: Promise<{ readonly code: number | null; readonly at: number }>
  readonly #child: ChildProcess
  #said = ''

  constructor(scheduler: string, env: Readonly<Record<string, string>>, options: readonly string[] = []) {
    const { NODE_OPTIONS: _, ...inherited } = process.env
    this.#child = spawn(process.execPath, [scheduler, '--watch', ...options], {
      env: { ...inherited, LOG_LEVEL: 'warn', LOG_FORMAT: 'json', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (this.#child.pid === undefined) throw new Error('the scheduler process could not be started')
    this.pid = this.#child.pid
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-KEPT)
      })
    }
    this.exited = once(this.#child, 'exit').then(([code]) => ({ code, at: Date.now() }))
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The newest of what it wrote, both streams together. */
  get said(): string {
    return this.#said
  }

  /** Sends a signal and waits for the end. */
  async strike(signal: NodeJS.Signals): Promise<number | null> {
    this.struck ??= { signal, at: Date.now() }
    if (this.isAlive) this.#child.kill(signal)
    return (await this.exited).code
  }
}

/** Ends what a test left running. */
export async function killAll(schedulers: readonly ChaosScheduler[]): Promise<void> {
  await Promise.all(schedulers.map((scheduler) => (scheduler.isAlive ? scheduler.strike('SIGKILL') : undefined)))
}
