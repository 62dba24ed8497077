import { systemClock } from '../../runtime/clock.ts'
import { jobNamed } from '../../runtime/entry/job-named.ts'
import { pause as stop } from '../../runtime/execution/pause.ts'
import { placeOf, readWorkspace } from '../../runtime/scheduler/read-workspace.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, withStore } from '../workspace/workspace-store.ts'

export interface PauseJobOptions {
  readonly name: string
  /** Why; kept with the pause, and shown with every fire that is skipped for it. */
  readonly reason?: string | undefined
  readonly workspace?: string | undefined
}

/** A pause as `--json` shows it. */
export interface ShownPause {
  readonly job: string
  readonly paused: boolean
  /** Since when it is paused, or not; ISO 8601, in UTC. */
  readonly since: string
  readonly by: string
  readonly reason: string | null
}

/** Stops firing a job until it is resumed. What runs goes on, and it can still be run by hand. */
export async function pauseJob(options: PauseJobOptions, io: Output): Promise<ShownPause> {
  const place = await placeOfWorkspace(options.workspace)
  const { name: job } = jobNamed(await readWorkspace(placeOf(place.root), place.env), options.name)
  return await withStore(place, async (store) => {
    const { pause, wasPaused } = await stop(store, job, options.reason, systemClock.now())
    const shown = { ...pause, since: new Date(pause.since).toISOString() }
    if (io.json) io.data(shown)
    else if (wasPaused) io.out(`${io.color.bold(job)} was paused already, since ${shown.since}.`)
    else io.out(`Paused ${io.color.bold(job)}. Its fires are recorded as skipped until: webstir resume-job ${job}`)
    return shown
  })
}
