import { join } from 'node:path'
import {
  type ListedJob,
  listJobs as list,
  loadManifest,
  readBuildInfo,
  remarks,
  renderJobList,
} from '../../runtime/manifest/index.ts'
import { historyNames } from '../../runtime/manifest/job-names.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { messageOf } from '../../runtime/support/errors.ts'
import { type CodeSchedules, codeSchedules, withCodeSchedules } from '../bundler/code-schedules.ts'
import { readTimezone } from '../command-line/option-values.ts'
import type { Output } from '../command-line/output.ts'
import {
  disabledWhere,
  type JobState,
  lastRunText,
  pausedText,
  readJobStates,
  UNKNOWN_STATE,
} from '../workspace/job-state.ts'
import { placeOfWorkspace } from '../workspace/store.ts'

export interface ListJobsOptions {
  /** The zone of the times; default: the workspace's. */
  readonly timezone?: string | undefined
  readonly workspace?: string | undefined
}

/** A job as `list-jobs --json` shows it: what `scheduler.js --list` knows, and what the store does. */
export type JobWithState = ListedJob & JobState

/** Lists the workspace's jobs with their schedules and next runs, and reports problems in the manifest. */
export async function listJobs(options: ListJobsOptions, io: Output): Promise<readonly JobWithState[]> {
  const place = await placeOfWorkspace(options.workspace)
  const { root: workspace, env } = place
  const buildInfo = join(workspace, 'build', 'backend', 'webstir', 'build.json')
  const info = readBuildInfo(buildInfo)
  const manifest = await loadManifest({ workspace, buildInfo, info, env })
  const now = systemClock.now()
  const timezone = readTimezone(options.timezone, manifest.settings.timezone)
  const inCode = codeSchedules(workspace, info)
  const listed = list(manifest, now, { unknownInCode: inCode.unknown })
  const inBoth = await withThoseInCode(workspace, listed, inCode, io)
  const byName = new Map(manifest.jobs.map((job) => [job.name, job]))
  const named = inBoth.map(({ name, queue }) => {
    const names = historyNames(manifest.jobs, byName.get(name) ?? { name, formerly: [] })
    return { name, queue, formerly: names.filter((each) => each !== name) }
  })
  const states = await readJobStates(place, named, io)
  const jobs = inBoth.map((job) => ({ ...job, ...(states?.get(job.name) ?? UNKNOWN_STATE) }))
  if (io.json) io.data(jobs)
  else io.out(render(jobs, states !== null, now, timezone, io))
  for (const remark of remarks(manifest, jobs)) io.warn(remark)
  return jobs
}

function render(jobs: readonly JobWithState[], hasStates: boolean, now: number, timezone: string, io: Output): string {
  const { isColorSupported: color } = io.color
  const shown = jobs.map((job) => ({ ...job, disabledBy: disabledWhere(job.disabledBy, process.env) }))
  const states = new Map(
    jobs.map((job) => [job.name, { paused: pausedText(job, timezone), lastRun: lastRunText(job, now, color) }]),
  )
  return renderJobList(shown, now, { color, width: io.width, timezone, ...(hasStates ? { states } : {}) }).trimEnd()
}

/** Adds what modules declare in `meta`. Where the build can't list that, it is a warning, and the rest is listed. */
async function withThoseInCode(
  workspace: string,
  listed: readonly ListedJob[],
  inCode: CodeSchedules,
  io: Output,
): Promise<readonly ListedJob[]> {
  try {
    return await withCodeSchedules(workspace, listed, inCode)
  } catch (error) {
    io.warn(`the schedules that jobs declare in code are unknown, as the build can't list them: ${messageOf(error)}`)
    return listed
  }
}
