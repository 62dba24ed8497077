import type { Tables } from '../driver.ts'
import { noticeText, type StoreNotice } from '../notices.ts'
import type { Script } from '../transaction-script.ts'

/** One for all stores of a database: a notice of another schema's store costs one query, no more. */
export const CHANNEL = 'webstir_jobs'

/** The same tables in PostgreSQL, notifying listeners of what was queued and of requests to cancel. */
export function announcing(tables: Tables): Tables {
  return {
    ...tables,
    *insert(rows) {
      yield* tables.insert(rows)
      // What waits behind another one of its line can't be dequeued.
      yield* announceQueued(rows.flatMap(({ execution, waits }) => (waits === 1 ? [] : [execution])))
    },
    *requeue(endings, now) {
      const queued = yield* tables.requeue(endings, now)
      yield* announceQueued(endings)
      return queued
    },
    *promote(lines) {
      yield* tables.promote(lines)
      // The process that ended the one before may not be a scheduler, or may have no slot for it.
      if (lines.length > 0) yield* notify({ kind: 'queued', at: 0 })
    },
    *requestCancel(ids, now) {
      yield* tables.requestCancel(ids, now)
      yield* notify({ kind: 'cancel' })
    },
  }
}

function* announceQueued(
  executions: readonly { readonly status: string; readonly availableAt: number }[],
): Script<void> {
  const instants = executions.flatMap(({ status, availableAt }) => (status === 'QUEUED' ? [availableAt] : []))
  if (instants.length > 0) yield* notify({ kind: 'queued', at: Math.min(...instants) })
}

/** Goes out with the commit. Only where something waits: commits that notify wait for each other in the server. */
function* notify(notice: StoreNotice): Script<void> {
  yield { sql: 'select pg_notify(?, ?)::text as sent', parameters: [CHANNEL, noticeText(notice)], isBlind: true }
}
