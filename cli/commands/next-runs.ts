import { join } from 'node:path'
import { type Job, problemText, readBuildInfo, unknownInCode } from '../../runtime/manifest/index.ts'
import { jobNamed } from '../../runtime/manifest/job-names.ts'
import { pauseOfJob } from '../../runtime/operations/pauses.ts'
import { renderUpcomingRuns } from '../../runtime/operations/render-upcoming.ts'
import { type UpcomingFires, type UpcomingRange, upcomingFires } from '../../runtime/operations/upcoming-fires.ts'
import { type UpcomingRun, upcomingRuns } from '../../runtime/operations/upcoming-runs.ts'
import { clockText } from '../../runtime/schedule/index.ts'
import { openExistingStore } from '../../runtime/store/open.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { messageOf } from '../../runtime/support/errors.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { codeSchedules } from '../bundler/code-schedules.ts'
import { UsageError } from '../command-line/errors.ts'
import { endOfDay, readCount, readInstant, readTimezone } from '../command-line/option-values.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, type WorkspacePlace } from '../workspace/store.ts'

export interface NextRunsOptions {
  /** Only these jobs; default: all. */
  readonly name?: readonly string[]
  /** How many fires; default: 20, and with `to` as many as there are, up to 10,000. */
  readonly count?: number | undefined
  /** ISO 8601, a day (which means all of it where no end is given), or a duration from now; default: now. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** The zone of the local times; default: that of each schedule. */
  readonly timezone?: string | undefined
  /** Instants at which more jobs than this fire are marked; default: 5. */
  readonly busy?: number | undefined
  readonly workspace?: string | undefined
}

const DEFAULT_COUNT = 20
const DEFAULT_BUSY = 5
/** The bound of the work; a longer list is of no use to a reader. */
const MOST = 10_000
/** As far as schedules look, in ms. */
const LONGEST = 50 * 365.25 * 86_400_000
/** How long a busy store is waited for, in ms: looking ahead works without it. */
const STORE_PATIENCE = 1000

/** The upcoming fires of all or some jobs, in order of time. */
export async function nextRuns(options: NextRunsOptions, io: Output): Promise<readonly UpcomingRun[]> {
  const now = systemClock.now()
  const busy = readCount('busy', options.busy, { byDefault: DEFAULT_BUSY, most: 1_000_000 })
  const place = await placeOfWorkspace(options.workspace)
  const built = workspacePaths(place.root)
  const inCode = codeSchedules(place.root, readBuildInfo(join(built.build, 'webstir', 'build.json')))
  const manifest = await readWorkspace(built, place.env, inCode.built)
  const timezone = readTimezone(options.timezone, manifest.settings.timezone)
  const { after, before, most } = readRange(options, now, timezone)
  const names = options.name ?? []
  const jobs: readonly Job[] =
    names.length === 0 ? manifest.jobs : [...new Set(names.map((name) => jobNamed(manifest, name)))]
  const { anchors, paused } = await lookIntoStore(place, jobs, io)
  const upcoming = upcomingFires(jobs, { after, before, most, anchors })
  const runs = upcomingRuns(upcoming, { timezone: options.timezone, busy, paused })
  if (io.json) io.data(runs)
  else io.out(renderUpcomingRuns(runs, now, { busy, color: io.color.isColorSupported, width: io.width }).trimEnd())
  if (before !== null && upcoming.isCut) io.warn(cutText(upcoming, most, before, timezone))
  const unknown = jobs.flatMap(({ name }) => (inCode.unknown.has(name) ? name : []))
  for (const remark of unknownInCode(unknown)) io.warn(remark)
  if (names.length === 0) {
    for (const problem of manifest.problems) if (problem.severity === 'error') io.warn(problemText(problem))
  }
  return runs
}

function readRange(
  { count, from, to }: NextRunsOptions,
  now: number,
  timezone: string,
): Omit<UpcomingRange, 'anchors'> {
  const options = { now, timezone, direction: 'ahead' } as const
  const start = from === undefined ? null : readInstant('from', from, options)
  // A day alone means that day.
  const dayEnd = from === undefined || count !== undefined ? undefined : endOfDay(from, options)
  const before = to === undefined ? (dayEnd ?? null) : readInstant('to', to, options)
  const after = start === null ? now : start - 1
  if (before !== null && before <= after + 1) {
    throw new UsageError(
      '--to is not after --from',
      `the range begins at ${clockText(after + 1, timezone)} and ends before ${clockText(before, timezone)}; choose a later --to`,
    )
  }
  if (before !== null && before - after > LONGEST) {
    throw new UsageError(
      'the range is longer than 50 years',
      'schedules look no further; choose a later --from or an earlier --to',
    )
  }
  return {
    after,
    before,
    most: readCount('count', count, { byDefault: before === null ? DEFAULT_COUNT : MOST, most: MOST }),
  }
}

/** The anchors of rates, and which jobs are paused. A store that can't be read is a warning. */
async function lookIntoStore(
  { root, env }: WorkspacePlace,
  jobs: readonly Job[],
  io: Output,
): Promise<{ anchors: Map<string, number>; paused: ReadonlySet<string> }> {
  const anchors = new Map<string, number>()
  try {
    const store = await openExistingStore({ env, workspace: root, clock: systemClock, busyLimit: STORE_PATIENCE })
    if (store === null) return { anchors, paused: new Set() }
    try {
      const [texts, pauses] = await Promise.all([store.scheduleTexts(), store.pauses(systemClock.now())])
      for (const [key, { anchor, retired }] of texts) if (anchor !== null && !retired) anchors.set(key, anchor)
      return {
        anchors,
        paused: new Set(jobs.filter((job) => pauseOfJob(pauses, job) !== undefined).map(({ name }) => name)),
      }
    } finally {
      await store.close()
    }
  } catch (error) {
    io.warn(`the store can't be read, so neither the times of rates nor pauses are known: ${messageOf(error)}`)
    return { anchors, paused: new Set() }
  }
}

function cutText({ fires }: UpcomingFires, most: number, before: number, timezone: string): string {
  const last = fires.at(-1)?.position ?? before
  return `there are more than ${most} fires before ${clockText(before, timezone)}; these end at ${clockText(last, timezone)}. Name fewer jobs, or a shorter range.`
}
