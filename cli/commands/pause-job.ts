import type { Manifest } from '../../runtime/manifest/types.ts'
import {
  type ShownPause,
  shownPause,
  pause as stop,
  targetText,
  untilNoneRuns,
} from '../../runtime/operations/pauses.ts'
import { clockText } from '../../runtime/schedule/index.ts'
import type { PauseRecord } from '../../runtime/store/job-store.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { untilStopped } from '../../runtime/support/stop-signals.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { ExitError, UsageError } from '../command-line/errors.ts'
import { readInstant } from '../command-line/option-values.ts'
import type { Output } from '../command-line/output.ts'
import { type PauseTargetOptions, pauseTargetOf, wasText } from '../workspace/pause-target.ts'
import { placeOfWorkspace, timezoneOfWorkspace, withStore } from '../workspace/store.ts'

export interface PauseJobOptions extends PauseTargetOptions {
  /** Why; kept with the pause, and shown with every fire that is skipped for it. */
  readonly reason?: string | undefined
  /** When it ends by itself. */
  readonly until?: string | undefined
  /** Nothing that is queued starts either. */
  readonly drain?: boolean
  /** Wait until nothing of it runs. */
  readonly wait?: boolean
  readonly workspace?: string | undefined
}

/** Stops firing a job, a queue or all jobs. Running executions continue, and jobs can still be run by hand. */
export async function pauseJob(options: PauseJobOptions, io: Output): Promise<ShownPause> {
  const place = await placeOfWorkspace(options.workspace)
  const manifest = await readWorkspace(workspacePaths(place.root), place.env)
  const target = pauseTargetOf(options, manifest)
  const timezone = await timezoneOfWorkspace(place)
  const now = systemClock.now()
  const until = readUntil(options.until, now, timezone)
  return await withStore(place, async (store) => {
    const how = { until, drain: options.drain === true }
    const { pause, wasPaused } = await stop(store, target, options.reason, now, how)
    const isUnchanged = wasPaused && options.reason === undefined && until === undefined && !how.drain
    const text = isUnchanged
      ? `${wasText(target, io)} already paused, since ${clockText(pause.since, timezone)}.`
      : `Paused ${io.color.bold(targetText(target))}. ${consequence(pause, timezone)}`
    if (!io.json) io.out(text)
    if (options.wait === true) await wait(store, target, manifest, io)
    const shown = shownPause(pause)
    if (io.json) io.data(shown)
    return shown
  })
}

function readUntil(given: string | undefined, now: number, timezone: string): number | undefined {
  if (given === undefined) return undefined
  const until = readInstant('until', given, { now, timezone, direction: 'ahead' })
  if (until > now) return until
  throw new UsageError(`--until "${given}" has passed`, 'give a time to come, or a duration such as 2h')
}

function consequence({ scope, job, until, drain }: PauseRecord, timezone: string): string {
  const their = scope === 'all' ? 'Their' : 'Its'
  const fires = `${drain ? 'Nothing that is queued starts. ' : ''}${their} fires are recorded as skipped until`
  if (until !== null) return `${fires} ${clockText(until, timezone)}.`
  return `${fires}: webstir resume-job ${{ job, queue: `--queue ${job}`, all: '--all' }[scope]}`
}

/** Tells on standard error what is waited for. */
async function wait(
  store: Parameters<typeof untilNoneRuns>[0],
  target: Parameters<typeof untilNoneRuns>[1],
  { settings }: Manifest,
  io: Output,
): Promise<void> {
  const isOver = await untilStopped(async (signal) => {
    await untilNoneRuns(store, target, {
      clock: systemClock,
      staleAfter: settings.staleAfter,
      signal,
      onChange: (running) => {
        const jobs = [...new Set(running.map(({ job }) => job))].sort()
        io.err(
          `Waiting for ${running.length === 1 ? 'one execution' : `${running.length} executions`}: ${jobs.join(', ')}`,
        )
      },
    })
    return !signal.aborted
  })
  if (!isOver) throw new ExitError(1)
  if (!io.json) io.out('Nothing of it runs.')
}
