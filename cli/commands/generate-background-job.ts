import type { Output } from '../command-line/output.ts'
import { type AddedJob, addJob } from './add-job.ts'

export interface GenerateBackgroundJobOptions {
  /** In any case: `cleanup-old-data`, `CleanupOldData` and `cleanup old data` are the same. */
  readonly name: string
  readonly workspace?: string | undefined
  readonly dryRun?: boolean
}

/** `webstir generate-background-job NAME`: a job as an object, which declares its schedules itself. */
export function generateBackgroundJob(
  { name, ...options }: GenerateBackgroundJobOptions,
  io: Output,
): Promise<AddedJob> {
  return addJob({ ...options, name: snakeCase(name), form: 'object' }, io)
}

/** `CleanupOldData`, `cleanup-old-data` -> `cleanup_old_data`. Characters that a name can't have stay, and are refused as such. */
export function snakeCase(name: string): string {
  return name
    .trim()
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase()
}
