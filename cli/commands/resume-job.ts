import { jobNamed } from '../../runtime/manifest/job-names.ts'
import { operatorName, type ShownPause } from '../../runtime/operations/pauses.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface ResumeJobOptions {
  readonly name: string
  readonly workspace?: string | undefined
}

/** Fires a job again. What was due while it was paused is not caught up. */
export async function resumeJob(options: ResumeJobOptions, io: Output): Promise<ShownPause> {
  const place = await placeOfWorkspace(options.workspace)
  const manifest = await readWorkspace(workspacePaths(place.root), place.env)
  return await withExistingStore(place, async (store) => {
    const pauses = (await store?.pauses()) ?? []
    // A job that was removed from the manifest may still be paused.
    const job = pauses.find((pause) => pause.job === options.name)?.job ?? jobNamed(manifest, options.name).name
    const pause = pauses.find((one) => one.job === job)
    const now = systemClock.now()
    if (pause !== undefined) await store?.resume(job, now)
    const resumed = { job, paused: false, since: new Date(now).toISOString(), by: operatorName(), reason: null }
    if (io.json) io.data(resumed)
    else if (pause === undefined) io.out(`${io.color.bold(job)} was not paused.`)
    else io.out(`Resumed ${io.color.bold(job)}. What was due while it was paused is not caught up.`)
    return resumed
  })
}
