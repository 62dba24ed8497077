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
  // Errors of jobs and of schedules stand in the list itself.
  const listed = new Set(jobs.map(({ name }) => name))
  for (const problem of manifest.problems) {
    const isShown = problem.severity === 'error' && problem.job !== null && listed.has(problem.job)
    if (!isShown) io.warn(problemText(problem))
  }
  return jobs
}
