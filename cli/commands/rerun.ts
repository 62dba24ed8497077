import { findExecution } from '../../runtime/operations/executions.ts'
import { type Rerun, rerunFailed } from '../../runtime/operations/failures.ts'
import { operatorName } from '../../runtime/operations/pauses.ts'
import { clockText } from '../../runtime/schedule/index.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { CommandError, ExitError, UsageError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { type FailureOptions, failuresWanted } from '../workspace/failure-options.ts'
import { placeOfWorkspace, timezoneOfWorkspace, withExistingStore } from '../workspace/store.ts'
import { runJob } from './run-job.ts'

export interface RerunOptions extends FailureOptions {
  /** An execution's id, or enough of its beginning or its end. */
  readonly executionId?: string | undefined
  /** All that failed and nothing was done about, instead. */
  readonly failed?: boolean
  /** Also while the job is running, and where it is disabled. */
  readonly force?: boolean
  readonly workspace?: string | undefined
}

/** The longest word that Linux takes on a command line is 128 KiB. */
const LONGEST_ARGUMENTS = 120_000

/** Runs an execution's job again, with its arguments and for its tenant: a new execution, by hand. */
export async function rerun(options: RerunOptions, output: Output): Promise<readonly Rerun[]> {
  const { executionId, failed = false, job, since } = options
  if ((executionId !== undefined) === failed) {
    throw new UsageError(
      failed ? 'an execution and --failed exclude each other' : 'no execution is named',
      'give the id of an execution, or --failed',
    )
  }
  if (executionId === undefined) return await rerunAll(options, output)
  if (job !== undefined || since !== undefined || output.json) {
    throw new UsageError(
      '--job, --since and --json do nothing for a single execution',
      'leave them out, or use --failed',
    )
  }
  await rerunOne({ ...options, executionId }, output)
  return []
}

/** Hands over all that failed, for a scheduler that watches to run. */
async function rerunAll(options: RerunOptions, io: Output): Promise<readonly Rerun[]> {
  const place = await placeOfWorkspace(options.workspace)
  const manifest = await readWorkspace(workspacePaths(place.root), place.env)
  const reruns = await withExistingStore(place, async (store) => {
    if (store === null) return []
    return await rerunFailed(store, manifest, await failuresWanted(options, manifest, store, systemClock.now()))
  })
  const bad = reruns.filter(({ problem }) => problem !== null)
  if (io.json) io.data(reruns)
  else if (reruns.length === 0) io.out('Nothing has failed that was not dealt with.')
  else io.out(`Enqueued ${reruns.length - bad.length} of ${reruns.length} for a scheduler that watches to run.`)
  for (const { id, job, problem } of bad) io.warn(`${job} (${id}) stays as it is: ${problem}`)
  if (bad.length > 0) throw new ExitError(1)
  return reruns
}

async function rerunOne(options: RerunOptions & { readonly executionId: string }, output: Output): Promise<void> {
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
  await withExistingStore(place, async (store) => {
    await store?.dismiss([past.id], operatorName(), 'run again by hand', systemClock.now())
  })
}
