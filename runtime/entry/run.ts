import { logWritten } from '../logging/standard-output.ts'
import { type Job, type Manifest, problemText } from '../manifest/index.ts'
import { jobNamed } from '../manifest/job-names.ts'
import { scheduleArguments } from '../manifest/schedule-arguments.ts'
import { scheduleFiringAt } from '../scheduler/cursor.ts'
import { SchedulerEmitter } from '../scheduler/events.ts'
import { Report } from '../scheduler/report.ts'
import type { Store } from '../store/store.ts'
import { endedWithin } from '../support/clock.ts'
import { JobsError, messageOf } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'
import { redacted } from '../support/redact.ts'
import { isStopping, onStopSignal } from '../support/stop-signals.ts'
import { withCalls } from '../worker/calls.ts'
import type { JobRun, JobRunner } from '../worker/job-runner.ts'
import { captureUnhandledErrors } from '../worker/job-scope.ts'
import { NodeSession } from '../worker/node-session.ts'
import { RunningExecutions } from '../worker/running-executions.ts'
import { CountedSlots } from '../worker/slots.ts'
import { type OpenWorkspace, openWorkspace } from '../workspace/open-workspace.ts'
import type { WorkspacePaths } from '../workspace/paths.ts'
import { type GivenOptions, readGrace, UsageError } from './args.ts'
import { reportError } from './exit.ts'

/** How long a run that was asked to stop waits for its log to be taken, in ms. */
const STOP_PATIENCE = 500

/** `--job NAME`: runs one job once, now. 0 on success, 1 on failure. */
export async function runOne(paths: WorkspacePaths, options: GivenOptions): Promise<number> {
  const args = argumentsOf(options)
  const scheduledFor = instantOf(options)
  const name = options.value('job') ?? ''
  const check = (manifest: Manifest): void => void jobNamed(manifest, name)
  return withRunner(paths, { options, check }, async (runner, workspace) => {
    const job = jobNamed(workspace.manifest, name)
    const fire = scheduledFor === undefined ? undefined : await fireOf(job, scheduledFor, workspace.store)
    const given = args ?? fire?.args ?? argumentsOfSchedule(job, workspace)
    return runOnce(runner, workspace, {
      job,
      trigger: 'manual',
      force: options.has('force'),
      ...(given === undefined ? {} : { args: given }),
      ...(options.value('tenant') === undefined ? {} : { tenant: options.value('tenant') ?? '' }),
      ...(fire === undefined ? {} : { fire }),
    })
  })
}

/** `--all`: runs every job once, one after the other, by priority. One's failure doesn't stop the others. */
export async function runAll(paths: WorkspacePaths, options: GivenOptions): Promise<number> {
  return withRunner(paths, { options }, async (runner, workspace) => {
    let code = 0
    for (const job of [...workspace.manifest.jobs].sort((a, b) => b.priority - a.priority)) {
      if (job.disabledBy !== null && !options.has('force')) {
        workspace.log.root.info({ job: job.name }, `[${job.name}] skipped, disabled: ${job.disabledBy}`)
        continue
      }
      const args = argumentsOfSchedule(job, workspace)
      const run: JobRun = {
        job,
        trigger: 'manual',
        force: options.has('force'),
        ...(args === undefined ? {} : { args }),
      }
      code = Math.max(code, await runOnce(runner, workspace, run).catch(reportError))
    }
    return code
  })
}

/** Runs a job that is known, with everything that its process needs. */
export async function withRunner(
  paths: WorkspacePaths,
  { options, ...opening }: { readonly options: GivenOptions; readonly check?: (manifest: Manifest) => void },
  work: (runner: JobRunner, workspace: OpenWorkspace) => Promise<number>,
): Promise<number> {
  const grace = readGrace(options.value('grace'))
  const workspace = await openWorkspace(paths, opening)
  const { log, services, manifest } = workspace
  const session = new NodeSession(services)
  captureUnhandledErrors((error) =>
    log.root.error({ err: error }, `an error that belongs to no job: ${messageOf(error)}`),
  )
  await session.open(services.staleAfter)
  // The log reports each attempt, those of tenants and of jobs that the job calls among them.
  const report = new Report(log.root, new SchedulerEmitter(() => {}))
  const slots = new CountedSlots(manifest.settings.concurrency)
  const running = new RunningExecutions(services, session.id)
  const { runner } = withCalls(services, running, manifest.jobs, slots, report)
  let leave = (_code: number): void => {}
  const left = new Promise<number>((resolve) => {
    leave = resolve
  })
  onStopSignal((signal) => {
    log.root.info(`${signal}: the job has ${grace / 1000} s to finish (send it again to leave at once)`)
    void running.stop(grace).then(() => {
      if (running.reportUnrecorded(log.root)) leave(1)
    })
  })
  try {
    return await Promise.race([work(runner, workspace), left])
  } finally {
    await session.close()
    const closed = workspace.close()
    await (isStopping() ? endedWithin(services.clock, STOP_PATIENCE, closed) : closed)
    // A pager may take its time, unless a signal has come.
    await logWritten(isStopping() ? STOP_PATIENCE : Number.POSITIVE_INFINITY)
  }
}

async function runOnce(runner: JobRunner, { log, manifest }: OpenWorkspace, run: JobRun): Promise<number> {
  for (const problem of manifest.problems) {
    if (problem.job === run.job.name) log.root.warn(problemText(problem))
  }
  const result = await runner.run(run)
  if (result.kind === 'elsewhere') {
    log.root.info(`[${run.job.name}] ended in another process: ${result.execution.status}`)
    return result.execution.status === 'SUCCESS' ? 0 : 1
  }
  const { kind } = result.end.outcome
  return kind === 'success' || kind === 'skipped' ? 0 : 1
}

function argumentsOf(options: GivenOptions): readonly JsonValue[] | undefined {
  const text = options.value('args')
  if (text === undefined) return undefined
  try {
    const value = JSON.parse(text) as JsonValue
    return Array.isArray(value) ? value : [value]
  } catch (error) {
    throw new UsageError('USAGE', `--args is not valid JSON: ${messageOf(error)}`, {
      hint: `write it like --args '["hourly", {"deep": true}]'`,
    })
  }
}

function instantOf(options: GivenOptions): number | undefined {
  const text = options.value('scheduled-for')
  if (text === undefined) return undefined
  const instant = Date.parse(text)
  if (Number.isNaN(instant)) {
    throw new UsageError('USAGE', `--scheduled-for "${text}" is not a valid time`, {
      hint: 'write it in ISO 8601, such as 2026-12-01T09:00:00Z',
    })
  }
  return instant
}

/** The arguments that a job without any takes from the first of its schedules that has some; this is logged. */
function argumentsOfSchedule(job: Job, { log, manifest }: OpenWorkspace): readonly JsonValue[] | undefined {
  const [first] = scheduleArguments(job)
  if (first === undefined) return undefined
  const shown = JSON.stringify(redacted([...first.args], manifest.settings.redact))
  log.root.info(
    { job: job.name },
    `[${job.name}] takes the arguments of its schedule "${first.schedule}", ${shown}; give others with --args`,
  )
  return first.args
}

/** The fire of the job at that instant, with the arguments of its schedule. */
async function fireOf(
  job: Job,
  scheduledFor: number,
  store: Pick<Store, 'scheduleTexts'>,
): Promise<{ scheduleKey: string; scheduledFor: number; args: readonly JsonValue[] | undefined }> {
  const scheduleKey = scheduleFiringAt(job, scheduledFor, await store.scheduleTexts())
  if (scheduleKey !== undefined) {
    return { scheduleKey, scheduledFor, args: job.schedules.find(({ key }) => key === scheduleKey)?.args }
  }
  throw new JobsError('NO_SUCH_FIRE', `no schedule of "${job.name}" fires at ${new Date(scheduledFor).toISOString()}`, {
    hint: `run "webstir next-runs ${job.name} --from ... --to ..." to see when it does`,
  })
}
