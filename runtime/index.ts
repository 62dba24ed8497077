/** The public API of webstir-jobs, and nothing else: what a signature mentions is exported, too. */

export { enqueue } from './client/enqueue.ts'
export { acquireJobLock, type HeldExecution, type JobLock, type JobLockOptions } from './client/job-lock.ts'
export { openStore } from './client/open-store.ts'
export { runBackgroundJob } from './client/run-background-job.ts'
export type { DatabaseClient } from './job/database.ts'
export type { EnqueueOptions, JobHandle, ResultOptions } from './job/enqueue.ts'
export type { JobContext } from './job/job-context.ts'
export { JobModuleError } from './job/job-module.ts'
export {
  type ArgumentsOf,
  type BackgroundJob,
  type BackgroundJobShape,
  defineJob,
  type JobThis,
  type MetaContext,
  MetaError,
  type PreCheck,
} from './job/job-object.ts'
export { type TenantClient, type TenantTableOptions, tenantTable } from './job/tenant-table.ts'
export {
  type Tenant,
  type TenantConditions,
  type TenantSource,
  TenantsError,
  type TenantValue,
  tenantSource,
} from './job/tenants.ts'
export type { LogLine } from './logging/log-line.ts'
export {
  type Level,
  type LineSink,
  type Logger,
  type LogMethod,
  type LogOptions,
  type LogOutput,
  openLog,
} from './logging/logger.ts'
export { JobNotFoundError } from './manifest/job-names.ts'
export type { ListedJob, ListedSchedule } from './manifest/listing.ts'
export type { ManifestJob, ManifestRetry, ManifestSchedule } from './manifest/manifest-job.ts'
export { ManifestError } from './manifest/package-json.ts'
export type { Overlap, RetryPolicy, SchedulerSettings } from './manifest/types.ts'
export type { SchedulerEvents, SchedulerHooks, SkippedFire } from './scheduler/events.ts'
export type { SchedulerOptions } from './scheduler/open-scheduler.ts'
export { createScheduler, type Scheduler } from './scheduler/scheduler.ts'
export type { Enqueued } from './store/enqueue-request.ts'
export { StoreError, type StoreErrorCode } from './store/errors.ts'
export type {
  Attempt,
  AwaitedFire,
  ErrorRecord,
  Execution,
  JobStatus,
  PolicyOverrides,
  SkipCause,
  Trigger,
} from './store/execution.ts'
export type {
  ExecutionFilter,
  JobStore,
  NodeJobs,
  NodeRecord,
  OpenStoreOptions,
  PauseOptions,
  PauseRecord,
  PauseTarget,
  PreCheckVerdict,
  ScheduleText,
  StoreTransaction,
} from './store/job-store.ts'
export type { Clock, Timer } from './support/clock.ts'
export type { Env } from './support/env.ts'
export { JobsError } from './support/errors.ts'
export type { JsonValue } from './support/json.ts'
export type { ProcessIdentity } from './support/process-identity.ts'
export { type AbortCause, AbortedError } from './worker/abort.ts'
export { JobCallError } from './worker/calls.ts'
export { EnqueueError } from './worker/enqueue-options.ts'
export { TenantsFailedError } from './worker/fan-out.ts'
export { JobLockedError, JobNotStartedError } from './worker/job-runner.ts'
export { FatalError, RetryableError } from './worker/outcome.ts'
export { JobResultError } from './worker/results.ts'
export type { JobDefinition } from './workspace/jobs-in-code.ts'
