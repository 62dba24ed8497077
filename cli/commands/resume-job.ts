import {
  operatorName,
  pauseOfJob,
  pauseOfTarget,
  type ShownPause,
  shownPause,
  targetText,
} from '../../runtime/operations/pauses.ts'
import type { PauseRecord } from '../../runtime/store/job-store.ts'
import { scopeOf } from '../../runtime/store/rules/pauses.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import type { Output } from '../command-line/output.ts'
import { type PauseTargetOptions, pauseTargetOf, wasText } from '../workspace/pause-target.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface ResumeJobOptions extends PauseTargetOptions {
  readonly workspace?: string | undefined
}

/** Fires a job, a queue or all jobs again. What was due while it was paused is not caught up. */
export async function resumeJob(options: ResumeJobOptions, io: Output): Promise<ShownPause> {
  const place = await placeOfWorkspace(options.workspace)
  const manifest = await readWorkspace(workspacePaths(place.root), place.env)
  return await withExistingStore(place, async (store) => {
    const now = systemClock.now()
    const before = (await store?.pauses(now)) ?? []
    // A job that was removed from the manifest may still be paused.
    const target = pauseTargetOf(options, manifest, (name) => pauseOfTarget(before, name) !== undefined)
    const wasPaused = pauseOfTarget(before, target) !== undefined
    if (wasPaused) await store?.resume(target, now)
    const left = (await store?.pauses(now)) ?? []
    const about = { paused: false, since: now, until: null, drain: false, by: operatorName(), reason: null }
    const resumed = shownPause({ ...scopeOf(target), ...about })
    if (io.json) {
      io.data(resumed)
      return resumed
    }
    const name = io.color.bold(targetText(target))
    if (wasPaused) io.out(`Resumed ${name}. What was due while it was paused is not caught up.`)
    else io.out(`${wasText(target, io)} not paused.`)
    const job = manifest.jobs.find((one) => one.name === target)
    const other = job === undefined ? undefined : pauseOfJob(left, job)
    const still = other === undefined ? (typeof target === 'string' ? [] : left) : [other]
    if (still.length > 0) io.warn(`still paused: ${still.map(nameOf).join(', ')}`)
    return resumed
  })
}

const nameOf = ({ scope, job }: PauseRecord): string =>
  targetText(scope === 'job' ? job : scope === 'queue' ? { queue: job } : { all: true })
