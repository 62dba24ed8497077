import { adoptScheduler } from '../client/run-background-job.ts'
import { openLog } from '../logging/logger.ts'
import { problemText } from '../manifest/index.ts'
import { jobNamed } from '../manifest/job-names.ts'
import { manifestHash } from '../manifest/manifest-hash.ts'
import { attachHooks } from '../scheduler/events.ts'
import { SchedulerLoop } from '../scheduler/loop.ts'
import { registerScheduler } from '../scheduler/process-scheduler.ts'
import { openWhenThere } from '../scheduler/reconnect.ts'
import { queuesIn, watchRoleOf } from '../scheduler/watch-role.ts'
import { reportExposure } from '../store/file-access.ts'
import { endedWithin, systemClock } from '../support/clock.ts'
import { JobsError, messageOf } from '../support/errors.ts'
import { onStopSignal, type StopSignal } from '../support/stop-signals.ts'
import { captureUnhandledErrors } from '../worker/job-scope.ts'
import { type OpenWorkspace, openWorkspace } from '../workspace/open-workspace.ts'
import type { WorkspacePaths } from '../workspace/paths.ts'
import { notBuilt } from '../workspace/read-workspace.ts'
import { type GivenOptions, readGrace } from './args.ts'

/** How long closing the store may take, in ms. */
const FAREWELL = 1000

/** `--watch`: runs what is due until it is stopped. */
export async function watch(paths: WorkspacePaths, options: GivenOptions): Promise<number> {
  const grace = readGrace(options.value('grace'))
  const stopping = new AbortController()
  let stop = (_signal: StopSignal): void => {}
  onStopSignal((signal) => {
    stopping.abort()
    stop(signal)
  })
  const workspace = await openWhenThere(
    stopping.signal,
    () => openWorkspace(paths),
    () => openLog({ env: process.env }),
  )
  if (workspace === undefined) return 0
  const { manifest, log, services } = workspace
  captureUnhandledErrors((error) =>
    log.root.error({ err: error }, `an error that belongs to no job: ${messageOf(error)}`),
  )
  tellProblems(workspace, options.has('strict'))
  reportExposure(workspace.store, log.root, process.env)
  const name = options.value('job')
  const jobs = name === undefined ? manifest.jobs : [jobNamed(manifest, name)]
  const given = { schedule: !options.has('no-schedule'), work: !options.has('no-work') }
  const role = watchRoleOf({ ...given, queues: queuesIn(options.value('queues')) }, manifest, log.root)
  const loop = new SchedulerLoop({
    jobs,
    plans: manifest.plans,
    settings: manifest.settings,
    services,
    firesReboots: !options.has('no-reboot'),
    hasAllJobs: name === undefined,
    manifestHash: manifestHash(manifest.jobs),
    notBuilt: notBuilt(manifest, paths.build),
    ...role,
  })
  // Hooks may run jobs, too.
  adoptScheduler({
    runBackgroundJob: async (job, ...args) => void (await loop.ready().then(() => loop.call(job, args))),
  })
  registerScheduler({ enqueue: loop.enqueue })
  const { hooks } = manifest.settings
  if (hooks !== undefined) await attachHooks(loop.events, paths.build, hooks, log.root)
  stop = (signal) => {
    log.root.info(
      `${signal}: no more fires; running jobs have ${grace / 1000} s to finish (send it again to leave at once)`,
    )
    void loop.stop(grace)
  }
  // It may have come while hooks were loaded.
  if (stopping.signal.aborted) void loop.stop(grace)
  const schedules = jobs.reduce((sum, job) => sum + job.schedules.length, 0)
  log.root.info(
    { node: loop.node, store: workspace.store.url },
    `watching ${counted(jobs.length, 'job')}, ${counted(schedules, 'schedule')}`,
  )
  try {
    await loop.start()
  } catch (error) {
    log.root.error(`no more fires; running jobs have ${grace / 1000} s to finish: ${messageOf(error)}`)
    await loop.stop(grace)
    throw error
  }
  if (!stopping.signal.aborted) log.root.warn(nothingToWatch(schedules))
  const isRecorded = await loop.stop(grace)
  await endedWithin(systemClock, FAREWELL, workspace.close())
  log.root.info('stopped')
  return isRecorded ? 0 : 1
}

/** The loop ends without being asked only where nothing can ever be due again. */
function nothingToWatch(schedules: number): string {
  if (schedules > 0) return 'nothing is left to watch: all schedules are @reboot, and those have run'
  return 'nothing to watch: there is no job; add one with: webstir add-job NAME'
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

function tellProblems({ manifest, log }: OpenWorkspace, isStrict: boolean): void {
  const errors = manifest.problems.filter(({ severity }) => severity === 'error')
  for (const problem of manifest.problems) {
    log.root[problem.severity === 'error' ? 'error' : 'warn'](problemText(problem))
  }
  if (isStrict && errors.length > 0) {
    throw new JobsError(
      'MANIFEST_STRICT',
      `the manifest has ${errors.length === 1 ? 'an error' : `${errors.length} errors`}, and --strict was given`,
      {
        hint: 'fix what is named above, or start without --strict: the other jobs run',
      },
    )
  }
}
