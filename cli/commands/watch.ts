import { type StopSignal, stopSignal, untilStopped } from '../../runtime/support/stop-signals.ts'
import { SchedulerProcess } from '../bundler/scheduler-process.ts'
import { watchBuild } from '../bundler/watch/watch.ts'
import type { Output } from '../command-line/output.ts'
import { findWorkspace } from '../workspace/find.ts'
import { checkRuntime } from './build.ts'

export interface WatchOptions {
  readonly workspace?: string | undefined
  readonly runtime?: string | undefined
  readonly typecheck?: boolean
}

/** What running jobs have to finish in when the scheduler is restarted, in ms: a development loop has to be quick. */
const GRACE = 1_000

/** `webstir watch`: rebuilds on change and restarts the scheduler, until it is stopped. */
export async function watch(options: WatchOptions, output: Output): Promise<void> {
  checkRuntime(options.runtime)
  const workspace = findWorkspace(options.workspace)
  const typeCheck = options.typecheck !== false
  output.err(output.color.dim('Watching src/backend and package.json; Ctrl-C stops'))
  await untilStopped(async (signal) => {
    const scheduler = new RestartedScheduler(workspace, signal, output)
    await watchBuild({ workspace, typeCheck, signal, onUpdate: () => scheduler.restart() }, output)
    await scheduler.stop(stopSignal(signal))
  })
}

/** The scheduler of the development loop: always the one of the newest good build. */
class RestartedScheduler {
  readonly #workspace: string
  readonly #signal: AbortSignal
  readonly #output: Output
  #running: SchedulerProcess | null = null
  /** @reboot jobs have their run with the first start; a restart is none of the machine. */
  #wasStarted = false

  constructor(workspace: string, signal: AbortSignal, output: Output) {
    this.#workspace = workspace
    this.#signal = signal
    this.#output = output
  }

  async restart(): Promise<void> {
    await this.stop('SIGTERM')
    if (this.#signal.aborted) return
    const args = ['--watch', '--grace', `${GRACE}ms`, ...(this.#wasStarted ? ['--no-reboot'] : [])]
    const started = new SchedulerProcess(this.#workspace, args)
    this.#running = started
    this.#wasStarted = true
    void started.ended.then((code) => {
      if (this.#running !== started || this.#signal.aborted) return
      this.#running = null
      this.#output.err(`The scheduler ended with code ${code}; it starts again with the next change`)
    })
  }

  async stop(signal: StopSignal): Promise<void> {
    const running = this.#running
    this.#running = null
    await running?.stop(signal, GRACE)
  }
}
