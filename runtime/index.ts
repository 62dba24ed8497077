/** The public API of webstir-jobs, and nothing else. */
export { JobsError } from './errors.ts'
export type { JobContext } from './execution/context.ts'
export {
  acquireJobLock,
  type HeldExecution,
  type JobLock,
  type JobLockOptions,
} from './execution/job-lock.ts'
export type { PreCheck } from './execution/job-module.ts'
export { JobLockedError } from './execution/job-runner.ts'
export { FatalError, RetryableError } from './execution/retry.ts'
export type { JsonValue } from './json.ts'
export type { Logger } from './logging/logger.ts'
export { JobNotFoundError } from './manifest/not-found.ts'
export { openStore } from './store/open.ts'
export type { PreCheckVerdict, Store, StoreTransaction } from './store/store.ts'
