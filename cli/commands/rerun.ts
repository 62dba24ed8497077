import { findExecution } from '../../runtime/operations/executions.ts'
import { clockText } from '../../runtime/schedule/index.ts'
import { CommandError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, timezoneOfWorkspace, withExistingStore } from '../workspace/store.ts'
import { runJob } from './run-job.ts'

export interface RerunOptions {
  /** An execution's id, or enough of its beginning or its end. */
  readonly executionId: string
  /** Also while the job is running, and where it is disabled. */
  readonly force?: boolean
  readonly workspace?: string | undefined
}

/** The longest word that Linux takes on a command line is 128 KiB. */
const LONGEST_ARGUMENTS = 120_000

/** Runs an execution's job again, with its arguments and for its tenant: a new execution, by hand. */
export async function rerun(options: RerunOptions, output: Output): Promise<void> {
  const place = await placeOfWorkspace(options.workspace)
  const timezone = await timezoneOfWorkspace(place)
  const past = await withExistingStore(place, (store) => findExecution(store, options.executionId, timezone))
  const args = JSON.stringify(past.args)
  if (Buffer.byteLength(args) > LONGEST_ARGUMENTS) {
    throw new CommandError('ARGUMENTS_TOO_LONG', `the arguments of ${past.id} are too long for a command line`, {
      hint: 'run it from code: runBackgroundJob(name, ...args)',
    })
  }
  output.err(
    `Running ${output.color.bold(past.job)} again, as on ${clockText(past.scheduledFor, timezone)} (${past.status})`,
  )
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
