import { jobNamed } from '../../runtime/manifest/job-names.ts'
import { type ShownPause, pause as stop } from '../../runtime/operations/pauses.ts'
import { clockText } from '../../runtime/schedule/index.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, timezoneOfWorkspace, withStore } from '../workspace/store.ts'

export interface PauseJobOptions {
  readonly name: string
  /** Why; kept with the pause, and shown with every fire that is skipped for it. */
  readonly reason?: string | undefined
  readonly workspace?: string | undefined
}

/** Stops firing a job until it is resumed. Running executions continue, and it can still be run by hand. */
export async function pauseJob(options: PauseJobOptions, io: Output): Promise<ShownPause> {
  const place = await placeOfWorkspace(options.workspace)
  const { name: job } = jobNamed(await readWorkspace(workspacePaths(place.root), place.env), options.name)
  const timezone = await timezoneOfWorkspace(place)
  return await withStore(place, async (store) => {
    const { pause, wasPaused } = await stop(store, job, options.reason, systemClock.now())
    const shown = { ...pause, since: new Date(pause.since).toISOString() }
    if (io.json) io.data(shown)
    else if (wasPaused) io.out(`${io.color.bold(job)} was already paused, since ${clockText(pause.since, timezone)}.`)
    else io.out(`Paused ${io.color.bold(job)}. Its fires are recorded as skipped until: webstir resume-job ${job}`)
    return shown
  })
}
