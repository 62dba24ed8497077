import type { CronPlans } from '../manifest/types.ts'
import type { WorkerServices } from '../worker/services.ts'
import type { Watched } from './node-facts.ts'

export interface SchedulerLoopOptions extends Watched {
  /** Expressions that the build has read (Manifest.plans). */
  readonly plans?: CronPlans | undefined
  readonly services: WorkerServices
  /** False where `@reboot` jobs have fired already (in development it is started again after each change). */
  readonly firesReboots: boolean
  /** False where only some of the manifest's jobs are watched: the others' schedules then stay as they are. */
  readonly hasAllJobs: boolean
  /** False where this process only runs what is queued, and leaves firing to others. Default: true. */
  readonly firesSchedules?: boolean
}
