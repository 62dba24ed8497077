import { hostname } from 'node:os'
import { openBuiltDatabase } from '../job/database.ts'
import { builtModules } from '../job/job-module.ts'
import { openBuiltTenants } from '../job/tenants.ts'
import { type LogOutput, openLog } from '../logging/logger.ts'
import type { Manifest } from '../manifest/index.ts'
import type { SchedulerSettings } from '../manifest/types.ts'
import { localTimeOf } from '../schedule/index.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { type Clock, systemClock } from '../support/clock.ts'
import type { Env } from '../support/env.ts'
import { processIsolation } from '../worker/isolation.ts'
import { captureConsole, guardExit } from '../worker/job-scope.ts'
import { deadAfter } from '../worker/node-session.ts'
import type { WorkerServices } from '../worker/services.ts'
import { SourceStacks } from '../worker/source-stacks.ts'
import type { WorkspacePaths } from './paths.ts'
import { readWorkspace } from './read-workspace.ts'

/** A workspace that is ready to run jobs. */
export interface OpenWorkspace {
  readonly paths: WorkspacePaths
  readonly manifest: Manifest
  readonly services: WorkerServices
  readonly store: Store
  readonly log: LogOutput
  readonly host: string
  close(): Promise<void>
}

export interface OpenWorkspaceOptions {
  readonly env?: Env
  readonly clock?: Clock
  readonly log?: LogOutput
  /** A store that is open already (it then stays open), or its URL. */
  readonly store?: Store | string
  readonly settings?: Partial<SchedulerSettings>
  /** Checks the manifest before anything is opened; what it throws is thrown. */
  readonly check?: (manifest: Manifest) => void
}

/** The time of day by the clock of a zone, to the millisecond: `09:30:05.250`. */
function timeOfDayIn(timezone: string): (time: string) => string {
  return (text) => {
    const time = new Date(text)
    return `${localTimeOf(time, timezone).time}.${String(time.getUTCMilliseconds()).padStart(3, '0')}`
  }
}

/** Opens log and store, and makes everything ready that an execution needs. */
export async function openWorkspace(paths: WorkspacePaths, options: OpenWorkspaceOptions = {}): Promise<OpenWorkspace> {
  const env = options.env ?? process.env
  const clock = options.clock ?? systemClock
  const read = await readWorkspace(paths, env)
  options.check?.(read)
  const manifest = { ...read, settings: { ...read.settings, ...options.settings } }
  const stacks = new SourceStacks(paths.build)
  const log =
    options.log ??
    openLog({
      env,
      redact: manifest.settings.redact,
      timeOfDay: timeOfDayIn(manifest.settings.timezone),
      pointed: (stack) => stacks.now(stack),
    })
  const given = options.store
  const store = typeof given === 'object' ? given : await openStore(given, { env, workspace: paths.root })
  captureConsole()
  guardExit()
  const services: WorkerServices = {
    store,
    clock,
    log,
    env,
    modules: builtModules(paths.build),
    isolate: processIsolation(
      { ...paths, storeUrl: store.target ?? 'memory:', redact: manifest.settings.redact },
      clock,
    ),
    openDatabase: () => openBuiltDatabase(paths.build),
    openTenants: () => openBuiltTenants(paths.build),
    pointAtSources: (thrown) => stacks.point(thrown),
    staleAfter: deadAfter(store, manifest.settings.staleAfter),
  }
  const close = async (): Promise<void> => {
    if (typeof given !== 'object') await store.close()
  }
  return { paths, manifest, services, store, log, host: hostname(), close }
}
