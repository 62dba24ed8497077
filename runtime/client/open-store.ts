import type { JobStore, OpenStoreOptions } from '../store/job-store.ts'
import { openStore as open } from '../store/open.ts'

/**
 * Opens the store at `url`, else the one that the environment names (JOBS_STORE_URL, a PostgreSQL DATABASE_URL, else
 * `file:./data/jobs.sqlite`), and brings its tables up to date. Close it when you are done.
 * Throws StoreError: STORE_URL, STORE_DRIVER_MISSING, STORE_UNAVAILABLE, STORE_TOO_NEW, STORE_TOO_OLD and others.
 */
export function openStore(url?: string, options: OpenStoreOptions = {}): Promise<JobStore> {
  return open(url, options)
}
