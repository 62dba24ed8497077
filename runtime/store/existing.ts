import { existsSync } from 'node:fs'
import { StoreError } from './errors.ts'
import { migrationStates } from './migrations/migrate.ts'
import { type OpenStoreOptions, openDriver, openStore } from './open.ts'
import type { Store } from './store.ts'
import { locateStore, type StoreLocation } from './url.ts'

/**
 * Opens a store to look into it, or to change what is in it; null where there is none yet. It makes no file, no folder
 * and no table: tables of an older version are refused (STORE_TOO_OLD). Throws StoreError as `openStore` does.
 */
export async function openExistingStore(options: OpenStoreOptions = {}): Promise<Store | null> {
  const location = locateStore(undefined, {
    env: options.env ?? process.env,
    ...(options.workspace === undefined ? {} : { workspace: options.workspace }),
  })
  if (location.dialect === 'memory' || (location.dialect === 'sqlite' && !existsSync(location.path))) return null
  try {
    return await openStore(location.target, { ...options, migrate: false })
  } catch (error) {
    if (error instanceof StoreError && error.code === 'STORE_TOO_OLD' && (await isEmpty(location, options))) return null
    throw error
  }
}

/** True for a database that no scheduler has used yet. */
async function isEmpty(
  location: Exclude<StoreLocation, { dialect: 'memory' }>,
  options: OpenStoreOptions,
): Promise<boolean> {
  const driver = await openDriver(location, options)
  try {
    return (await migrationStates(driver)).every(({ appliedAt }) => appliedAt === null)
  } finally {
    await driver.close()
  }
}
