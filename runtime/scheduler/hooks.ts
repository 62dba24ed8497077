import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../errors.ts'
import type { Logger } from '../logging/logger.ts'
import type { SchedulerEmitter, SchedulerEvents } from './events.ts'

/** What the module that `webstir.scheduler.hooks` names may export. A hook that throws is logged and changes nothing. */
export interface SchedulerHooks {
  onStart?(event: SchedulerEvents['started']): unknown
  onSuccess?(event: SchedulerEvents['succeeded']): unknown
  onFailure?(event: SchedulerEvents['failed']): unknown
  onSkip?(event: SchedulerEvents['skipped']): unknown
  onMissed?(event: SchedulerEvents['missed']): unknown
}

/** Loads the workspace's hooks and lets them listen. `build`: absolute path of build/backend. */
export async function attachHooks(events: SchedulerEmitter, build: string, source: string, log: Logger): Promise<void> {
  // Wherever its source lies, the build puts it here.
  const file = join(build, 'jobs', 'hooks.js')
  let hooks: SchedulerHooks
  try {
    const exports = await import(pathToFileURL(file).href)
    hooks = exports.default ?? exports
  } catch (error) {
    log.error({ err: error }, `the hooks in ${source} can't be loaded: ${messageOf(error)}`)
    return
  }
  listen(events, hooks)
}

export function listen(events: SchedulerEmitter, hooks: SchedulerHooks): void {
  events.on('started', (event) => hooks.onStart?.(event))
  events.on('succeeded', (event) => hooks.onSuccess?.(event))
  events.on('failed', (event) => hooks.onFailure?.(event))
  events.on('skipped', (event) => hooks.onSkip?.(event))
  events.on('missed', (event) => hooks.onMissed?.(event))
}
