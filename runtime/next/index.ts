/** `webstir-jobs/next`: brings the scheduler along with a Next.js server. */
export { type NextJob, type RegisterJobsOptions, registerJobs } from './register-jobs.ts'
