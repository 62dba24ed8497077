import { stopSignal, untilStopped } from '../../runtime/support/stop-signals.ts'
import { findEntries } from '../bundler/entries.ts'
import { freshness } from '../bundler/freshness.ts'
import { SchedulerProcess } from '../bundler/scheduler-process.ts'
import { readForBuild } from '../bundler/workspace-manifest.ts'
import { ExitError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { findWorkspace } from '../workspace/find.ts'
import { buildOrExplain } from './build.ts'

export interface RunJobOptions {
  readonly name: string
  /** JSON: an array of arguments, or a single one. */
  readonly args?: string | undefined
  readonly force?: boolean
  /** ISO 8601: backfills the fire of that instant. */
  readonly scheduledFor?: string | undefined
  readonly tenant?: string | undefined
  readonly workspace?: string | undefined
}

/** The built scheduler's own time for a running job to finish, in ms. */
const GRACE = 30_000

/** `webstir run-job NAME`: builds where that is needed, then runs the job once; its exit code is the job's. */
export async function runJob(options: RunJobOptions, output: Output): Promise<void> {
  const workspace = findWorkspace(options.workspace)
  await ensureBuilt(workspace, output)
  const code = await untilStopped(async (signal) => {
    const scheduler = new SchedulerProcess(workspace, argumentsOf(options))
    signal.addEventListener('abort', () => void scheduler.stop(stopSignal(signal), GRACE), { once: true })
    return scheduler.ended
  })
  if (code !== 0) throw new ExitError(code)
}

/** Builds the workspace unless its build is there and stands for the sources as they are. */
export async function ensureBuilt(workspace: string, output: Output): Promise<void> {
  const { manifest } = await readForBuild(workspace)
  const { isFresh, reason } = freshness(workspace, findEntries(workspace, manifest.settings.hooks))
  if (isFresh) return
  output.err(output.color.dim(`Building: ${reason ?? 'the build is stale'}`))
  await buildOrExplain(workspace, true, output)
}

function argumentsOf({ name, args, force, scheduledFor, tenant }: RunJobOptions): string[] {
  return [
    `--job=${name}`,
    ...(args === undefined ? [] : [`--args=${args}`]),
    ...(force === true ? ['--force'] : []),
    ...(scheduledFor === undefined ? [] : [`--scheduled-for=${scheduledFor}`]),
    ...(tenant === undefined ? [] : [`--tenant=${tenant}`]),
  ]
}
