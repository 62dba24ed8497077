import { join } from 'node:path'
import { systemClock } from '../../runtime/clock.ts'
import { type Env, loadEnvFiles } from '../../runtime/env.ts'
import {
  type ListedJob,
  listJobs as list,
  loadManifest,
  problemText,
  renderJobList,
} from '../../runtime/manifest/index.ts'
import type { Output } from '../command-line/output.ts'
import { findWorkspace } from '../workspace/find.ts'

export interface ListJobsOptions {
  readonly workspace?: string | undefined
}

/** Lists the workspace's jobs with their schedules and next runs, and says what is wrong with the manifest. */
export async function listJobs(options: ListJobsOptions, io: Output): Promise<readonly ListedJob[]> {
  const workspace = findWorkspace(options.workspace)
  const env: Env = { ...process.env }
  await loadEnvFiles(workspace, env)
  const manifest = await loadManifest({
    workspace,
    buildInfo: join(workspace, 'build', 'backend', 'webstir', 'build.json'),
    env,
  })
  const now = systemClock.now()
  const jobs = list(manifest, now)
  if (io.json) io.data(jobs)
  else io.out(renderJobList(jobs, now, { color: io.color.isColorSupported }).trimEnd())
  // What makes a schedule or a whole job unusable stands in the list itself.
  const shown = new Set(jobs.map(({ problem }) => problem))
  for (const problem of manifest.problems) {
    const text = problemText(problem)
    if (problem.code !== 'SCHEDULE' && !shown.has(text)) io.warn(text)
  }
  return jobs
}
