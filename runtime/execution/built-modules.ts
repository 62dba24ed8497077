import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { importJobModule, type JobModules } from './job-module.ts'

/** The modules of a built workspace. `build`: absolute path of build/backend. Each is imported once. */
export function builtModules(build: string): JobModules {
  const within = (job: string): string => join('jobs', job, 'index.js')
  const fileOf = (job: string): string => join('build', 'backend', within(job))
  return {
    load: (job) => importJobModule(job, pathToFileURL(join(build, within(job))).href, fileOf(job)),
    fileOf,
  }
}
