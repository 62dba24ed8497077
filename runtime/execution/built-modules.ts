import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { importJobModule, type JobModules } from './job-module.ts'

/** The modules of a built workspace. `build`: absolute path of build/backend. Each is imported once. */
export function builtModules(build: string): JobModules {
  return {
    load(job) {
      const file = join('jobs', job, 'index.js')
      return importJobModule(job, pathToFileURL(join(build, file)).href, join('build', 'backend', file))
    },
  }
}
