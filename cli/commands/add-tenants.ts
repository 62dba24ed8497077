import { CommandError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { lookWithin, placeFiles } from '../workspace/files.ts'
import { findWorkspace } from '../workspace/find.ts'
import { CONNECTION_FILE, readTemplate, TENANTS_FILE, TENANTS_TEMPLATE } from '../workspace/templates.ts'

export interface AddTenantsOptions {
  readonly workspace?: string | undefined
}

export interface AddedTenants {
  readonly workspace: string
  /** Relative to the workspace. */
  readonly file: string
}

/** `webstir add-tenants`: says where the tenants of multi-tenant jobs come from. */
export async function addTenants(options: AddTenantsOptions, io: Output): Promise<AddedTenants> {
  const workspace = findWorkspace(options.workspace)
  if (lookWithin(workspace, TENANTS_FILE.split('/')) !== undefined) {
    throw new CommandError('FILES_EXIST', `${TENANTS_FILE} is there already; nothing was written`, {
      hint: 'change it, or move it away first',
    })
  }
  placeFiles(workspace, [{ path: TENANTS_FILE, text: readTemplate(TENANTS_TEMPLATE) }])
  const added = { workspace, file: TENANTS_FILE }
  if (io.json) io.data(added)
  else report(io)
  if (lookWithin(workspace, CONNECTION_FILE.split('/')) === undefined) {
    io.warn(`${CONNECTION_FILE}, from which it imports createDatabaseClient, does not exist`)
  }
  return added
}

function report({ out, color }: Output): void {
  out(`Added ${color.bold(TENANTS_FILE)}: the rows of the table "tenants" in the workspace's database.`)
  out('')
  out('A job runs once for each of them with "multiTenant": true in package.json, or in the job itself:')
  out(`  ${color.bold('export default { multiTenant: true, async run() { this.log.info(String(this.tenant)) } }')}`)
}
