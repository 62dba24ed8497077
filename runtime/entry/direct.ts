import { realpathSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { placeOfFile } from '../workspace/paths.ts'
import { readOptions } from './args.ts'
import { leaveWith } from './exit.ts'

/** Runs the job when its built module is what Node was started with; does nothing when it is imported. */
export function runIfMain(url: string): void {
  const started = process.argv[1]
  if (started !== undefined && isSameFile(started, fileURLToPath(url))) void run(url)
}

function isSameFile(started: string, file: string): boolean {
  try {
    const path = realpathSync(started)
    return path === file || path === dirname(file)
  } catch {
    return false
  }
}

function run(url: string): Promise<never> {
  const job = basename(dirname(fileURLToPath(url)))
  return leaveWith(async () => {
    const options = readOptions(['--job', job, ...process.argv.slice(2)])
    return (await import('./run.ts')).runOne(placeOfFile(url, 2), options)
  }, true)
}
