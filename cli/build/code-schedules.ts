import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ListedJob } from '../../runtime/manifest/index.ts'
import { OUTPUT_FOLDER } from './bundle.ts'

/** Listing imports the modules that have a `meta`; one that never returns may not hold us up, in ms. */
const PATIENCE = 30_000

/**
 * The jobs as the built scheduler lists them, with the schedules that their modules add in `meta`. What a module says
 * can only be known by running it, so that is left to a process of its own. Rejects where it fails.
 */
export async function listBuilt(workspace: string): Promise<readonly ListedJob[]> {
  const file = join(workspace, OUTPUT_FOLDER, 'jobs', 'scheduler.js')
  const { stdout } = await promisify(execFile)(process.execPath, [file, '--list', '--json'], {
    cwd: workspace,
    timeout: PATIENCE,
    maxBuffer: 256 * 1024 * 1024,
  })
  return JSON.parse(stdout)
}
