import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workspaceOfFile } from '../workspace/paths.ts'
import { readOptions } from './args.ts'
import { leaveWith } from './exit.ts'

/** Runs the job whose built module is what Node was started with. `url`: of that module. */
export function runMain(url: string): Promise<never> {
  const job = basename(dirname(fileURLToPath(url)))
  return leaveWith(async () => {
    const options = readOptions(['--job', job, ...process.argv.slice(2)])
    return (await import('./run.ts')).runOne(workspaceOfFile(url, 2), options)
  }, true)
}
