import { findExecution } from '../../runtime/operations/executions.ts'
import { absoluteTime } from '../../runtime/support/time-text.ts'
import { CommandError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'
import { runJob } from './run-job.ts'

export interface RerunOptions {
  /** An execution's id, or enough of its beginning. */
  readonly executionId: string
  /** Beside one that is running, and though the job is disabled. */
  readonly force?: boolean
  readonly workspace?: string | undefined
}

/** The longest word that Linux takes on a command line is 128 KiB. */
const LONGEST_ARGUMENTS = 120_000

/** Runs an execution's job again, with its arguments and for its tenant: a new execution, by hand. */
export async function rerun(options: RerunOptions, output: Output): Promise<void> {
  const place = await placeOfWorkspace(options.workspace)
  const past = await withExistingStore(place, (store) => findExecution(store, options.executionId))
  const args = JSON.stringify(past.args)
  if (Buffer.byteLength(args) > LONGEST_ARGUMENTS) {
    throw new CommandError('ARGUMENTS_TOO_LONG', `the arguments of ${past.id} are too long for a command line`, {
      hint: 'run it from code: runBackgroundJob(name, ...args)',
    })
  }
  output.err(`Running ${output.color.bold(past.job)} again, as on ${absoluteTime(past.scheduledFor)} (${past.status})`)
  await runJob(
    {
      name: past.job,
      args,
      ...(options.force === undefined ? {} : { force: options.force }),
      ...(past.tenant === '' ? {} : { tenant: past.tenant }),
      workspace: place.root,
    },
    output,
  )
}
