import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { StopSignal } from '../../runtime/support/stop-signals.ts'
import { OUTPUT_FOLDER } from './output-text.ts'

/** How long after its time to stop has run out a scheduler is killed, in ms. */
const TIMEOUT = 3_000

/** A built scheduler running as a child process, on our own standard streams. */
export class SchedulerProcess {
  readonly #child: ChildProcess
  /** The exit code; 128 and the signal's number where a signal ended it, as in a shell. */
  readonly ended: Promise<number>

  /** `script`: relative to build/backend. */
  constructor(workspace: string, args: readonly string[], script = 'jobs/scheduler.js') {
    const file = join(workspace, OUTPUT_FOLDER, script)
    this.#child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'inherit', 'inherit'] })
    // A second signal ends this process at once: the scheduler must not go on without it.
    const endIt = (): void => void this.#child.kill('SIGTERM')
    process.once('exit', endIt)
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject)
      this.#child.on('exit', (code, signal) => {
        process.off('exit', endIt)
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
      })
    })
  }

  /**
   * Asks it to stop and waits until it has. `grace`: the time it was allowed for that when it was started, in ms;
   * after that and a little more it is killed. A terminal's Ctrl-C or end reaches it without us, and a second signal would
   * make it leave at once, so then it is asked only when it doesn't stop by itself.
   */
  async stop(signal: StopSignal, grace: number): Promise<number> {
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), grace + TIMEOUT)
    const isTold = signal !== 'SIGTERM' && process.stdin.isTTY
    const tell = setTimeout(() => this.#child.kill(signal), isTold ? grace + TIMEOUT / 2 : 0)
    try {
      return await this.ended
    } finally {
      clearTimeout(kill)
      clearTimeout(tell)
    }
  }
}
