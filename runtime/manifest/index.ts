/** The door of the folder: reading the manifest and showing it. `parse/` brings zod, so it is loaded only when needed. */

export { DEFAULT_SETTINGS, defaultJob } from './defaults.ts'
export { scheduleKey } from './job-schedule.ts'
export { type ListedJob, type ListedSchedule, listJobs, remarks, unknownInCode } from './listing.ts'
export { type BuildInfo, type BuiltJob, loadManifest, readBuildInfo } from './load.ts'
export { ManifestError } from './package-json.ts'
export type * from './problems.ts'
export { problemText } from './problems.ts'
export { renderJobList } from './render-listing.ts'
export type * from './types.ts'
