import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_SETTINGS, defaultJob } from '../../runtime/manifest/defaults.ts'
import {
  type Job,
  type ListedJob,
  type ListedSchedule,
  listJobs,
  type Manifest,
  type ManifestProblem,
  readBuildInfo,
} from '../../runtime/manifest/index.ts'
import { historyNames } from '../../runtime/manifest/job-names.ts'
import { readManifest } from '../../runtime/manifest/parse/parse-manifest.ts'
import { parseSchedule } from '../../runtime/schedule/index.ts'
import { formatDuration } from '../../runtime/support/duration.ts'
import { loadEnvFiles } from '../../runtime/support/env.ts'
import { messageOf } from '../../runtime/support/errors.ts'
import type { JsonValue } from '../../runtime/support/json.ts'
import { redacted } from '../../runtime/support/redact.ts'
import { migrationFiles } from '../workspace/database-migrations.ts'
import { type CodeSchedules, codeSchedules, withCodeSchedules } from './code-schedules.ts'
import { type Entries, findEntries } from './entries.ts'
import { type Freshness, freshness } from './freshness.ts'
import { OUTPUT_FOLDER } from './output-text.ts'
import { undeclaredJobs, writtenNames } from './undeclared-jobs.ts'

/** A job's policies in the notation of the manifest, defaults included. */
export interface Policies {
  readonly overlap: Job['overlap']
  readonly catchUp: Job['catchUp']
  readonly catchUpWindow: string
  readonly timeout: string
  readonly retry: {
    readonly attempts: number
    readonly delay: string
    readonly backoff: string
    readonly maxDelay: string
  }
  readonly recover: number
  readonly jitter: string
  readonly after: readonly string[]
  /** Null where the module decides. */
  readonly multiTenant: boolean | null
  readonly isolation: Job['isolation']
  readonly queue: string
}

export interface InspectedJob extends ListedJob {
  /** Names that it had before, which its history is kept under too. */
  readonly formerly: readonly string[]
  readonly timezone: string | null
  /** Secrets are redacted. */
  readonly args: readonly JsonValue[]
  /** Null where the entry can't be read. */
  readonly policies: Policies | null
  /** Names of the policies that are not at their default. */
  readonly notDefault: readonly string[]
  /** Path relative to the workspace; null where there is no module. */
  readonly source: string | null
  readonly built: { readonly path: string; readonly exists: boolean; readonly fresh: boolean }
}

/** A problem of the manifest, or of the workspace around it. */
export interface InspectedProblem {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly job: string | null
  readonly path: string
  readonly message: string
  readonly hint: string | null
}

/** What `webstir backend-inspect --json` prints. Documented in docs/manifest.md, stable, checked by a test. */
export interface Inspection {
  readonly workspace: string
  readonly name: string | null
  readonly version: string | null
  readonly mode: string | null
  /** The key of package.json that holds the jobs. */
  readonly manifestKey: string
  readonly settings: {
    readonly timezone: string
    readonly concurrency: number
    readonly staleAfter: string
    readonly history: { readonly keep: string; readonly maxPerJob: number }
    readonly redact: readonly string[]
    readonly hooks: string | null
  }
  readonly build: {
    readonly path: string
    readonly exists: boolean
    readonly fresh: boolean
    /** Why it is not fresh. */
    readonly reason: string | null
    readonly builtAt: string | null
    readonly version: string | null
  }
  /** Files of the workspace's own database, in their order; `webstir db-migrate --status` says which are applied. */
  readonly migrations: readonly string[]
  readonly jobs: readonly InspectedJob[]
  readonly problems: readonly InspectedProblem[]
}

/** Everything that can be known of a workspace without changing it. `now`: ms since the epoch. */
export async function inspectWorkspace(workspace: string, now: number): Promise<Inspection> {
  const env = { ...process.env }
  await loadEnvFiles(workspace, env)
  const manifest = await readManifest(workspace, env)
  const entries = findEntries(workspace, manifest.settings.hooks)
  const build = freshness(workspace, entries)
  const info = readBuildInfo(join(workspace, OUTPUT_FOLDER, 'webstir', 'build.json'))
  const problems = [...manifest.problems.map(problemOf), ...undeclaredJobProblems(manifest, entries)]
  const inCode = codeSchedules(workspace, info, entries, build)
  const fromManifest = listJobs(manifest, now, { words: true, unknownInCode: inCode.unknown })
  const listed = await withThoseInCode(workspace, fromManifest, inCode, problems)
  const byName = new Map(manifest.jobs.map((job) => [job.name, job]))
  const { settings } = manifest
  return {
    workspace,
    name: manifest.name,
    version: manifest.version,
    mode: manifest.mode,
    manifestKey: manifest.key,
    settings: {
      timezone: settings.timezone,
      concurrency: settings.concurrency,
      staleAfter: formatDuration(settings.staleAfter),
      history: { keep: formatDuration(settings.history.keep), maxPerJob: settings.history.maxPerJob },
      redact: settings.redact,
      hooks: settings.hooks ?? null,
    },
    build: {
      path: OUTPUT_FOLDER,
      exists: info !== null,
      fresh: build.isFresh,
      reason: build.reason,
      builtAt: info?.builtAt ?? null,
      version: info?.version ?? null,
    },
    migrations: migrationFiles(workspace).map(({ path }) => path),
    jobs: listed.map((each) => {
      const job = byName.get(each.name)
      const former = job === undefined ? [] : historyNames(manifest.jobs, job).slice(1)
      return inspectJob(workspace, each, job, entries, build, settings.redact, former)
    }),
    problems,
  }
}

function inspectJob(
  workspace: string,
  listed: ListedJob,
  job: Job | undefined,
  entries: Entries,
  build: Freshness,
  redact: readonly string[],
  former: readonly string[],
): InspectedJob {
  const path = `${OUTPUT_FOLDER}/jobs/${listed.name}/index.js`
  const exists = existsSync(join(workspace, path))
  const policies = job === undefined ? null : policiesOf(job)
  return {
    ...listed,
    formerly: former,
    timezone: job?.timezone ?? null,
    args: ((job?.written ?? job)?.args ?? []).map((arg) => redacted(arg, redact)),
    policies,
    notDefault: policies === null ? [] : notDefault(policies),
    source: entries.jobs.get(listed.name) ?? null,
    built: { path, exists, fresh: exists && build.isJobFresh(listed.name) },
  }
}

/** Adds what the modules say in `meta`, where their newest source is built; the others are reported as unknown. */
async function withThoseInCode(
  workspace: string,
  listed: readonly ListedJob[],
  inCode: CodeSchedules,
  problems: InspectedProblem[],
): Promise<readonly ListedJob[]> {
  for (const { name } of listed) {
    const path = inCode.unknown.get(name)
    if (path === undefined) continue
    const message = 'may have schedules in meta(), which only a fresh build shows'
    problems.push({ severity: 'warning', code: 'STALE_BUILD', job: name, path, message, hint: 'run "webstir build"' })
  }
  try {
    const jobs = await withCodeSchedules(workspace, listed, inCode)
    return jobs.map((job) => ({ ...job, schedules: job.schedules.map(inWords) }))
  } catch (error) {
    const message = `schedules from code can't be listed: ${messageOf(error)}`
    const path = `${OUTPUT_FOLDER}/jobs/scheduler.js`
    problems.push({
      severity: 'error',
      code: 'LIST_FAILED',
      job: null,
      path,
      message,
      hint: `run "node ${path} --list" to see the error`,
    })
    return listed
  }
}

function inWords(schedule: ListedSchedule): ListedSchedule {
  if (schedule.words !== undefined) return schedule
  if (schedule.problem !== null) return { ...schedule, words: null }
  return { ...schedule, words: parseSchedule(schedule.schedule, { timezone: schedule.timezone }).describe() }
}

function policiesOf(job: Job): Policies {
  const { overlap, catchUp, recover, after, multiTenant, isolation, queue, retry } = job
  return {
    overlap,
    catchUp,
    catchUpWindow: formatDuration(job.catchUpWindow),
    timeout: formatDuration(job.timeout),
    retry: { ...retry, delay: formatDuration(retry.delay), maxDelay: formatDuration(retry.maxDelay) },
    recover,
    jitter: formatDuration(job.jitter),
    after,
    multiTenant: multiTenant ?? null,
    isolation,
    queue,
  }
}

function notDefault(policies: Policies): string[] {
  const standard = new Map(Object.entries(policiesOf(defaultJob('', DEFAULT_SETTINGS.timezone))))
  return Object.entries(policies)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(standard.get(name)))
    .map(([name]) => name)
}

function problemOf({ severity, code, job, path, message, hint }: ManifestProblem): InspectedProblem {
  return { severity, code, job, path, message, hint: hint ?? null }
}

function undeclaredJobProblems(manifest: Manifest, entries: Entries): InspectedProblem[] {
  return undeclaredJobs(manifest, writtenNames(manifest), entries).map(({ severity, file, message, hint }) => ({
    severity,
    code: 'STRAY',
    job: null,
    path: file ?? '',
    message,
    hint,
  }))
}
