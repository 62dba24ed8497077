import type { JobModule } from '../job/job-module.ts'
import { asTenantSource, type TenantSource, TenantsError } from '../job/tenants.ts'
import type { Job } from '../manifest/types.ts'
import type { Execution } from '../store/execution.ts'
import { messageOf } from '../support/errors.ts'
import type { JobScope } from './job-scope.ts'
import type { WorkerServices } from './services.ts'

/** Runs a multi-tenant job for each tenant that its filter leaves. */
export async function fanOut(
  execution: Execution,
  job: Job,
  module: JobModule,
  services: Pick<WorkerServices, 'fanOut' | 'openTenants'>,
  scope: JobScope,
): Promise<void> {
  if (services.fanOut === undefined) {
    throw new TenantsError('TENANTS_ISOLATED', `job "${job.name}" is multi-tenant, and only its module says so`, {
      hint: 'write "multiTenant": true in package.json too, where "isolation" is "process"',
    })
  }
  if (services.openTenants === undefined) throw noTenants(job.name)
  const all = asTenantSource(await services.openTenants(), 'src/backend/tenants.ts')
  await services.fanOut(execution, job, await filtered(job.name, module, all), scope)
}

/** The tenants that the job's filter leaves. */
async function filtered(job: string, { filter, file }: JobModule, all: TenantSource): Promise<TenantSource> {
  if (filter === undefined) return all
  const what = `tenantsFilter of job "${job}" (${file})`
  let left: unknown
  try {
    left = await filter(all)
  } catch (error) {
    throw new TenantsError('TENANTS_FILTER', `${what} threw: ${messageOf(error)}`, {
      hint: 'fix it: it takes the tenants and returns those that are left: (tenants) => tenants.where({ active: true })',
      cause: error,
    })
  }
  return asTenantSource(left, what)
}

export function notForTenants(job: string): TenantsError {
  return new TenantsError('TENANTS_NONE', `job "${job}" is not multi-tenant, so it can't run for one tenant`, {
    hint: 'leave the tenant out, or write "multiTenant": true in package.json or in the job',
  })
}

function noTenants(job: string): TenantsError {
  return new TenantsError('TENANTS_MISSING', `job "${job}" is multi-tenant, and the workspace has no tenants`, {
    hint: 'export them from src/backend/tenants.ts ("webstir add-tenants" writes one), and build again',
  })
}
