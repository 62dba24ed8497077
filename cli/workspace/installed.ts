import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sqliteBinding } from '../../runtime/store/sqlite-binding.ts'
import { locateStore } from '../../runtime/store/url.ts'
import { type Env, loadEnvFiles } from '../../runtime/support/env.ts'
import { packageManagerOf } from './package-manager.ts'

/** Whether a package can be found from a workspace: in a node_modules there or above, or by Yarn's own loader. */
export function isInstalled(workspace: string, name: string): boolean {
  for (let folder = workspace; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', name, 'package.json')) || existsSync(join(folder, '.pnp.cjs')))
      return true
    if (dirname(folder) === folder) return false
  }
}

/** A package that a workspace needs and does not have. */
export interface MissingPackage {
  readonly message: string
  readonly hint: string
}

/** Says what is missing before anything can run: this package, and the driver of the store. `env` is added to. */
export async function missingPackages(workspace: string, env: Env): Promise<MissingPackage[]> {
  await loadEnvFiles(workspace, env)
  const install = `${packageManagerOf(workspace).name} install`
  const missing: MissingPackage[] = []
  const look = (name: string, what: string, packages: string): void => {
    if (isInstalled(workspace, name)) return
    missing.push({ message: `${name}${what} is not installed in this workspace`, hint: `${install}${packages}` })
  }
  look('webstir-jobs', '', '')
  const driver = driverOf(workspace, env)
  if (driver === 'libsql')
    look('libsql', ', which opens the SQLite store,', '; where package.json does not list it: npm install libsql')
  if (driver === 'pg') look('pg', ', which opens the PostgreSQL store,', ' pg')
  return missing
}

/** Null where the store needs none; a store URL that can't be read is reported when the store is opened. */
function driverOf(workspace: string, env: Env): 'libsql' | 'pg' | null {
  try {
    const { dialect } = locateStore(undefined, { env, workspace })
    if (dialect === 'postgres') return 'pg'
    if (dialect === 'memory') return null
    return sqliteBinding(env.JOBS_SQLITE_DRIVER, process.versions.node) === 'libsql' ? 'libsql' : null
  } catch {
    return null
  }
}
