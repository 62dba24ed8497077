import { join } from 'node:path'
import {
  type ListedJob,
  listJobs as list,
  loadManifest,
  readBuildInfo,
  remarks,
  renderJobList,
} from '../../runtime/manifest/index.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { type Env, loadEnvFiles } from '../../runtime/support/env.ts'
import { messageOf } from '../../runtime/support/errors.ts'
import { type CodeSchedules, codeSchedules, withCodeSchedules } from '../bundler/code-schedules.ts'
import { readTimezone } from '../command-line/option-values.ts'
import type { Output } from '../command-line/output.ts'
import { findWorkspace } from '../workspace/find.ts'

export interface ListJobsOptions {
  /** The zone of the times; default: the workspace's. */
  readonly timezone?: string | undefined
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
  const timezone = readTimezone(options.timezone, manifest.settings.timezone)
  const inCode = codeSchedules(workspace, info)
  const listed = list(manifest, now, { unknownInCode: inCode.unknown })
  const jobs = await withThoseInCode(workspace, listed, inCode, io)
  if (io.json) io.data(jobs)
  else io.out(renderJobList(jobs, now, { color: io.color.isColorSupported, width: io.width, timezone }).trimEnd())
  for (const remark of remarks(manifest, jobs)) io.warn(remark)
  return jobs
}

/** Without what the modules declare in `meta` where the build fails to tell it: that is said, and the rest is listed. */
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
