/** The public API of webstir-jobs, and nothing else. */
export { JobsError } from './errors.ts'
export type { JobContext } from './execution/context.ts'
export type { DatabaseClient } from './execution/database.ts'
export {
  acquireJobLock,
  type HeldExecution,
  type JobLock,
  type JobLockOptions,
} from './execution/job-lock.ts'
export type { PreCheck } from './execution/job-module.ts'
export { type BackgroundJob, defineJob, type JobThis } from './execution/job-object.ts'
export { JobLockedError } from './execution/job-runner.ts'
export type { MetaContext } from './execution/meta.ts'
export { FatalError, RetryableError } from './execution/retry.ts'
export { type TenantTableOptions, tenantTable } from './execution/tenant-table.ts'
export { type Tenant, type TenantConditions, type TenantSource, tenantSource } from './execution/tenants.ts'
export type { JsonValue } from './json.ts'
export type { Logger } from './logging/logger.ts'
export { JobNotFoundError } from './manifest/not-found.ts'
export { createScheduler, type Scheduler, type SchedulerOptions } from './scheduler/bot.ts'
export type { SchedulerEvents } from './scheduler/events.ts'
export type { SchedulerHooks } from './scheduler/hooks.ts'
export type { JobInCode } from './scheduler/jobs-in-code.ts'
export { runBackgroundJob } from './scheduler/run-background-job.ts'
export { openStore } from './store/open.ts'
export type { PreCheckVerdict, Store, StoreTransaction } from './store/store.ts'
