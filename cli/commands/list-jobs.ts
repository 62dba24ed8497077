import { join } from 'node:path'
import { systemClock } from '../../runtime/clock.ts'
import { type Env, loadEnvFiles } from '../../runtime/env.ts'
import { messageOf } from '../../runtime/errors.ts'
import {
  type BuildInfo,
  type ListedJob,
  listJobs as list,
  loadManifest,
  readBuildInfo,
  remarks,
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
  const buildInfo = join(workspace, 'build', 'backend', 'webstir', 'build.json')
  const info = readBuildInfo(buildInfo)
  const manifest = await loadManifest({ workspace, buildInfo, info, env })
  const now = systemClock.now()
  const jobs = await withCodeSchedules(workspace, list(manifest, now), info, io)
  if (io.json) io.data(jobs)
  else io.out(renderJobList(jobs, now, { color: io.color.isColorSupported }).trimEnd())
  for (const remark of remarks(manifest, jobs)) io.warn(remark)
  return jobs
}

/**
 * The jobs with the schedules that their modules declare in `meta`, as far as these are built: only running the modules
 * tells, which the built scheduler does. A job that was added since the build is listed as package.json has it.
 */
async function withCodeSchedules(
  workspace: string,
  jobs: readonly ListedJob[],
  info: BuildInfo | null,
  io: Output,
): Promise<readonly ListedJob[]> {
  if (!Object.values(info?.jobs ?? {}).some(({ meta }) => meta)) return jobs
  try {
    const { listBuilt } = await import('../build/code-schedules.ts')
    const built = new Map((await listBuilt(workspace)).map((job) => [job.name, job]))
    return jobs.map((job) => built.get(job.name) ?? job)
  } catch (error) {
    io.warn(`the schedules that jobs declare in code are unknown, as the build can't list them: ${messageOf(error)}`)
    return jobs
  }
}
