import type { DatabaseClient } from '../job/database.ts'
import { checkGivenTenants, type TenantSource } from '../job/tenants.ts'
import { type LogOutput, openLog } from '../logging/logger.ts'
import type { Manifest } from '../manifest/index.ts'
import { manifestHash } from '../manifest/manifest-hash.ts'
import type { SchedulerSettings } from '../manifest/types.ts'
import { reportExposure } from '../store/file-access.ts'
import type { JobStore } from '../store/job-store.ts'
import { openStore } from '../store/open.ts'
import { internalStore, type Store } from '../store/store.ts'
import { type Clock, systemClock } from '../support/clock.ts'
import type { Env } from '../support/env.ts'
import { captureConsole, captureUnhandledErrors, guardExit } from '../worker/job-scope.ts'
import { deadAfter } from '../worker/node-session.ts'
import type { WorkerServices } from '../worker/services.ts'
import { type JobDefinition, readJobsInCode } from '../workspace/jobs-in-code.ts'
import { openWorkspace } from '../workspace/open-workspace.ts'
import { findWorkspace, workspacePaths } from '../workspace/paths.ts'
import { notBuilt } from '../workspace/read-workspace.ts'
import type { SchedulerLoopOptions } from './loop-options.ts'
import { watchRoleOf } from './watch-role.ts'

export interface SchedulerOptions {
  /** Root of a built workspace; default `WORKSPACE_ROOT`, else the nearest one from the current folder upward. */
  readonly workspace?: string
  /** Jobs in code, instead of a workspace's. */
  readonly jobs?: readonly JobDefinition[]
  /** What `openStore` returned (it stays open at `destroy`), or a URL; default as the environment says. */
  readonly store?: JobStore | string
  /** With jobs in code: makes their `database`, anew for each run. A workspace has its createDatabaseClient for that. */
  readonly database?: () => DatabaseClient | Promise<DatabaseClient>
  /** With jobs in code: the tenants of those that are multi-tenant. A workspace has its tenants.ts for that. */
  readonly tenants?: TenantSource | AsyncIterable<unknown> | Iterable<unknown>
  /** Overrides `webstir.scheduler`. Durations in ms. */
  readonly settings?: Partial<SchedulerSettings>
  /** How long `stop` waits for running jobs before it aborts their signals: a text such as `30s`, or ms; default 30 s. */
  readonly shutdownTimeout?: string | number
  /** Whether `start` fires the `@reboot` schedules; default true. */
  readonly runOnStart?: boolean
  /** Whether `start` fires schedules; default true. Without, it only runs what is queued. */
  readonly schedule?: boolean | undefined
  /** Whether `start` runs what is fired and queued; default true. Without, other processes run it. */
  readonly work?: boolean | undefined
  /** The queues that it runs executions of; default all. */
  readonly queues?: readonly string[] | undefined
  /** What `openLog` returned; default: a log on standard output, as LOG_LEVEL and LOG_FORMAT say. */
  readonly log?: LogOutput
  readonly env?: Env
  readonly clock?: Clock
}

export interface Opened {
  readonly manifest: Manifest
  readonly loopOptions: SchedulerLoopOptions
  readonly store: Store
  /** Of build/backend; null for jobs in code. */
  readonly build: string | null
  close(): Promise<void>
}

export async function open(options: SchedulerOptions): Promise<Opened> {
  const opened = options.jobs === undefined ? await openBuilt(options) : await openInCode(options, options.jobs)
  const { log, env } = opened.loopOptions.services
  reportExposure(opened.store, log.root, env)
  captureConsole()
  guardExit()
  captureUnhandledErrors()
  return opened
}

export async function openBuilt(options: SchedulerOptions): Promise<Opened> {
  const { store: given, settings, log, env } = options
  const workspace = await openWorkspace(workspacePaths(options.workspace ?? findWorkspace()), {
    clock: options.clock ?? systemClock,
    ...(env === undefined ? {} : { env }),
    ...(log === undefined ? {} : { log }),
    ...(given === undefined ? {} : { store: typeof given === 'object' ? internalStore(given) : given }),
    ...(settings === undefined ? {} : { settings }),
  })
  const { manifest, services, store, paths } = workspace
  return {
    manifest,
    loopOptions: { ...loopOptionsOf(options, manifest, services), notBuilt: notBuilt(manifest, paths.build) },
    store,
    build: paths.build,
    close: () => workspace.close(),
  }
}

export async function openInCode(options: SchedulerOptions, jobs: readonly JobDefinition[]): Promise<Opened> {
  const env = options.env ?? process.env
  const clock = options.clock ?? systemClock
  const { manifest, modules } = await readJobsInCode(jobs, options.settings ?? {}, env)
  const { store: given, database, tenants } = options
  if (tenants !== undefined) checkGivenTenants(tenants)
  const store = typeof given === 'object' ? internalStore(given) : await openStore(given, { env })
  const log = options.log ?? openLog({ env, redact: manifest.settings.redact })
  const services: WorkerServices = {
    store,
    clock,
    log,
    env,
    modules,
    staleAfter: deadAfter(store, manifest.settings.staleAfter),
    ...(database === undefined ? {} : { openDatabase: async () => database() }),
    ...(tenants === undefined ? {} : { openTenants: async () => tenants }),
  }
  const close = async (): Promise<void> => {
    if (typeof given !== 'object') await store.close()
  }
  return { manifest, loopOptions: loopOptionsOf(options, manifest, services), store, build: null, close }
}

export function loopOptionsOf(
  options: SchedulerOptions,
  manifest: Manifest,
  services: WorkerServices,
): SchedulerLoopOptions {
  return {
    jobs: manifest.jobs,
    plans: manifest.plans,
    settings: manifest.settings,
    services,
    firesReboots: options.runOnStart ?? true,
    hasAllJobs: true,
    manifestHash: manifestHash(manifest.jobs),
    ...watchRoleOf(options, manifest, services.log.root),
  }
}
