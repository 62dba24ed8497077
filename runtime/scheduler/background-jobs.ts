import type { LocalEngine } from '../engine/local-engine.ts'
import type { WorkerServices } from '../worker/services.ts'
import type { LoopSchedules } from './cursor.ts'
import type { FireClaimer } from './fire-claimer.ts'
import { firesBetween } from './fires.ts'

/** What of a loop it takes. */
interface Parts {
  readonly services: Pick<WorkerServices, 'store' | 'clock'>
  readonly schedules: LoopSchedules
  readonly claimer: FireClaimer
  readonly engine: LocalEngine
}

/**
 * Claims every unclaimed fire in [from, to), ms since the epoch, past or still to come, runs them now, and resolves
 * when those that were claimed here have ended, retries included.
 */
export async function fireBetween(from: number, to: number, parts: Parts, stopping: AbortSignal): Promise<void> {
  const { services, schedules, claimer, engine } = parts
  const now = services.clock.now()
  const cursors = schedules.cursors ?? (await schedules.register(services.store, { now, retireOthers: false }))
  const fires = cursors.flatMap((cursor) => firesBetween(cursor, from, to, now))
  const outcomes = await claimer.claim(fires, now)
  const ids = outcomes.flatMap((result) => {
    if (result.outcome === 'running') return [result.execution.id]
    return result.outcome === 'queued' ? [result.executionId] : []
  })
  await Promise.all(ids.map((id) => engine.ended(id)))
  for (const id of ids) await childrenEnded(id, parts, stopping)
}

/** Waits for the tenants' runs that a fire has put into the queue, a page at a time. */
async function childrenEnded(parentId: string, { services, engine }: Parts, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const open = await services.store.executions({ parentId, statuses: ['QUEUED', 'RUNNING'], limit: 100 })
    if (open.length === 0) return
    await Promise.all(open.map(({ id }) => engine.ended(id)))
  }
}
