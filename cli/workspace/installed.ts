import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

/** Null where the store needs none; a store URL that can't be read is told of when the store is opened. */
function driverOf(workspace: string, env: Env): 'libsql' | 'pg' | null {
  try {
    const { dialect } = locateStore(undefined, { env, workspace })
    if (dialect === 'postgres') return 'pg'
    return dialect === 'sqlite' && !hasOwnSqlite() ? 'libsql' : null
  } catch {
    return null
  }
}

/** From 24.15 on, Node's own SQLite is used. */
function hasOwnSqlite(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 15)
}
