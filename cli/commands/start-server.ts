import { stopSignal, untilStopped } from '../../runtime/support/stop-signals.ts'
import { SchedulerProcess } from '../bundler/scheduler-process.ts'
import { ExitError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { findWorkspace } from '../workspace/find.ts'
import { ensureBuilt } from './run-job.ts'

export interface StartServerOptions {
  readonly port?: number | undefined
  readonly host?: string | undefined
  readonly withoutBot?: boolean
  readonly queues?: string | undefined
  readonly schedule?: boolean
  readonly work?: boolean
  readonly workspace?: string | undefined
}

/** How long the built server lets running jobs finish, in ms. */
const GRACE = 30_000

/** `webstir start-server`: builds if needed, then serves HTTP and runs the scheduler beside it. */
export async function startServer(options: StartServerOptions, output: Output): Promise<void> {
  const workspace = findWorkspace(options.workspace)
  await ensureBuilt(workspace, output)
  const code = await untilStopped(async (signal) => {
    const server = new SchedulerProcess(workspace, argumentsOf(options), 'webstir/server.js')
    signal.addEventListener('abort', () => void server.stop(stopSignal(signal), GRACE), { once: true })
    return server.ended
  })
  if (code !== 0) throw new ExitError(code)
}

function argumentsOf({ port, host, withoutBot, queues, schedule, work }: StartServerOptions): string[] {
  return [
    ...(port === undefined ? [] : [`--port=${port}`]),
    ...(host === undefined ? [] : [`--host=${host}`]),
    ...(withoutBot === true ? ['--without-bot'] : []),
    ...(queues === undefined ? [] : [`--queues=${queues}`]),
    ...(schedule === false ? ['--no-schedule'] : []),
    ...(work === false ? ['--no-work'] : []),
  ]
}
