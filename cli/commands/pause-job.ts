import { systemClock } from '../../runtime/clock.ts'
import { jobNamed } from '../../runtime/entry/job-named.ts'
import { operatorName } from '../../runtime/execution/operator.ts'
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
    const now = systemClock.now()
    const before = (await store.pauses()).find((pause) => pause.job === job)
    // Pausing twice changes nothing, unless there is something new to say.
    const isNew = before === undefined || options.reason !== undefined
    const by = isNew ? operatorName() : before.by
    const reason = options.reason ?? before?.reason ?? null
    if (isNew) await store.pause(job, by, reason, now)
    const since = new Date(before?.since ?? now).toISOString()
    const pause = { job, paused: true, since, by, reason }
    if (io.json) io.data(pause)
    else if (before !== undefined) io.out(`${io.color.bold(job)} was paused already, since ${since}.`)
    else io.out(`Paused ${io.color.bold(job)}. Its fires are recorded as skipped until: webstir resume-job ${job}`)
    return pause
  })
}
