import type { JobModules } from '../job/job-module.ts'
import type { ListedJob } from '../manifest/index.ts'

/**
 * The list with what the modules themselves set as `multiTenant`, where the manifest says nothing. `mayBe`: names of the
 * jobs whose modules may set it; no other module is imported. A module that can't be loaded leaves it unknown (null).
 */
export async function withCodeTenancy(
  listed: readonly ListedJob[],
  modules: JobModules,
  mayBe: Pick<ReadonlySet<string>, 'has'>,
): Promise<readonly ListedJob[]> {
  return Promise.all(
    listed.map(async (job) => {
      if (job.multiTenant !== false || !mayBe.has(job.name)) return job
      try {
        return { ...job, multiTenant: (await modules.load(job.name)).multiTenant ?? false }
      } catch {
        return { ...job, multiTenant: null }
      }
    }),
  )
}
