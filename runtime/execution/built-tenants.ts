import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../errors.ts'
import { TenantsError } from './tenants.ts'

/** What the workspace's src/backend/tenants.ts gives: its default export, or what that returns when it is a function. */
export async function openBuiltTenants(build: string): Promise<unknown> {
  const exports = await importTenants(join(build, 'tenants.js'))
  const given = exports.default ?? exports.tenants
  return typeof given === 'function' ? await given() : given
}

async function importTenants(file: string): Promise<{ default?: unknown; tenants?: unknown }> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    throw new TenantsError('TENANTS_MISSING', `the workspace's tenants can't be loaded: ${messageOf(error)}`, {
      hint: 'export them from src/backend/tenants.ts ("webstir add-tenants" writes one), and build again',
      cause: error,
    })
  }
}
