import { jobNamed } from '../../runtime/manifest/job-names.ts'
import { type ScheduleArguments, scheduleArguments } from '../../runtime/manifest/schedule-arguments.ts'
import { stopSignal, untilStopped } from '../../runtime/support/stop-signals.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { findEntries } from '../bundler/entries.ts'
import { freshness } from '../bundler/freshness.ts'
import { SchedulerProcess } from '../bundler/scheduler-process.ts'
import { readForBuild } from '../bundler/workspace-manifest.ts'
import { ExitError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import type { Question } from '../command-line/prompt.ts'
import { findWorkspace } from '../workspace/find.ts'
import { buildOrExplain } from './build.ts'

export interface RunJobOptions {
  readonly name: string
  /** JSON: an array of arguments, or a single one. */
  readonly args?: string | undefined
  readonly force?: boolean
  /** ISO 8601: backfills the fire of that instant. */
  readonly scheduledFor?: string | undefined
  readonly tenant?: string | undefined
  readonly workspace?: string | undefined
}

/** How long the built scheduler lets a running job finish, in ms. */
const GRACE = 30_000

/** `webstir run-job NAME`: builds if needed, then runs the job once and exits with its code. */
export async function runJob(options: RunJobOptions, output: Output): Promise<void> {
  const workspace = findWorkspace(options.workspace)
  await ensureBuilt(workspace, output)
  const args = options.args ?? (await chosenArguments(workspace, options, output))
  const code = await untilStopped(async (signal) => {
    const scheduler = new SchedulerProcess(workspace, argumentsOf({ ...options, args }))
    signal.addEventListener('abort', () => void scheduler.stop(stopSignal(signal), GRACE), { once: true })
    return scheduler.ended
  })
  if (code !== 0) throw new ExitError(code)
}

/**
 * The arguments that the user picks on a terminal, where a job has different ones on its schedules and none itself;
 * else undefined: the scheduler takes those of the first one then, and says so.
 */
async function chosenArguments(
  workspace: string,
  { name, scheduledFor }: RunJobOptions,
  output: Output,
): Promise<string | undefined> {
  if (!output.interactive || scheduledFor !== undefined) return undefined
  const manifest = await readWorkspace(workspacePaths(workspace), { ...process.env })
  const choices = scheduleArguments(jobNamed(manifest, name))
  if (choices.length < 2) return undefined
  const { prompt } = await import('../command-line/prompt.ts')
  return askForArguments(choices, prompt, output)
}

/** Lists the choices and asks for one by its number; JSON. */
export async function askForArguments(
  choices: readonly ScheduleArguments[],
  ask: (questions: readonly Question[]) => Promise<readonly string[]>,
  output: Pick<Output, 'err'>,
): Promise<string> {
  output.err('The arguments of this job are on its schedules:')
  const texts = choices.map(({ args }) => JSON.stringify(args))
  for (const [index, { schedule }] of choices.entries()) output.err(`  ${index + 1}  ${texts[index]}  (${schedule})`)
  const check = (answer: string): string | null =>
    texts[Number(answer) - 1] === undefined ? `Enter a number from 1 to ${texts.length}.` : null
  const [answer] = await ask([{ text: 'Which ones?', byDefault: '1', check }])
  return texts[Number(answer) - 1] ?? '[]'
}

/** Builds the workspace unless its build is there and fresh. */
export async function ensureBuilt(workspace: string, output: Output): Promise<void> {
  const { manifest } = await readForBuild(workspace)
  const { isFresh, reason } = freshness(workspace, findEntries(workspace, manifest.settings.hooks))
  if (isFresh) return
  output.err(output.color.dim(`Building: ${reason ?? 'the build is stale'}`))
  await buildOrExplain(workspace, true, output)
}

function argumentsOf({ name, args, force, scheduledFor, tenant }: RunJobOptions): string[] {
  return [
    `--job=${name}`,
    ...(args === undefined ? [] : [`--args=${args}`]),
    ...(force === true ? ['--force'] : []),
    ...(scheduledFor === undefined ? [] : [`--scheduled-for=${scheduledFor}`]),
    ...(tenant === undefined ? [] : [`--tenant=${tenant}`]),
  ]
}
