import { StoreError } from '../errors.ts'

/** The version of the tables that this program works with. Kept apart from the migrations: these cost time to load. */
export const LATEST = 1

/** Refuses tables of a later program: it may keep rules there that this one would break. */
export function refuseNewer(version: number, url: string): void {
  if (version <= LATEST) return
  throw new StoreError(
    'STORE_TOO_NEW',
    `The store ${url} has tables of version ${version}; this program knows version ${LATEST} and older.`,
    { hint: 'Update webstir-jobs here, as it was updated where the store was migrated, and build again.' },
  )
}
