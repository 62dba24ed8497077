import { join } from 'node:path'
import { type ListedJob, listJobs, readBuildInfo, remarks, renderJobList } from '../manifest/index.ts'
import { systemClock } from '../support/clock.ts'
import { isTerminal, terminalWidth, writeError } from '../support/stdio.ts'
import { withCodeTenancy } from '../workspace/code-tenancy.ts'
import type { WorkspacePaths } from '../workspace/paths.ts'
import { notBuilt, readWorkspace } from '../workspace/read-workspace.ts'
import { type GivenOptions, readTimezone } from './args.ts'

/** `--list`: the jobs, as a table or JSON. Opens no store. */
export async function listing(paths: WorkspacePaths, options: GivenOptions): Promise<string> {
  const manifest = await readWorkspace(paths)
  const zone = readTimezone(options.value('timezone'), manifest.settings.timezone)
  const now = systemClock.now()
  const listed = listJobs(manifest, now, { unknownInCode: notBuilt(manifest, paths.build) })
  const jobs = await withTenancy(listed, paths.build)
  for (const remark of remarks(manifest, jobs)) writeError(`Warning: ${remark}\n`)
  if (options.has('json')) return `${JSON.stringify(jobs, null, 2)}\n`
  const color = isTerminal(1) && !process.env.NO_COLOR
  return renderJobList(jobs, now, { color, width: terminalWidth(), timezone: zone })
}

/** What modules set as `multiTenant`. Only those that may are imported, and nothing else of what runs jobs. */
async function withTenancy(listed: readonly ListedJob[], build: string): Promise<readonly ListedJob[]> {
  const info = readBuildInfo(join(build, 'webstir', 'build.json'))
  const mayBe = new Set(
    Object.entries(info?.jobs ?? {}).flatMap(([name, { multiTenant }]) => (multiTenant ? name : [])),
  )
  if (mayBe.size === 0) return listed
  const { builtModules } = await import('../job/job-module.ts')
  return withCodeTenancy(listed, builtModules(build), mayBe)
}
