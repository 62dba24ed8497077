import type { Tables } from '../driver.ts'
import { noticeText, type StoreNotice } from '../notices.ts'
import type { Script } from '../transaction-script.ts'

/** One for all stores of a database: what another schema's store says costs a look, no more. */
export const CHANNEL = 'webstir_jobs'

/** The same tables in PostgreSQL, telling those who listen what was queued and that somebody wants a cancellation. */
export function announcing(tables: Tables): Tables {
  return {
    ...tables,
    *insert(rows) {
      yield* tables.insert(rows)
      // Who waits behind another one of its line is nobody's to take.
      yield* announceQueued(rows.flatMap(({ execution, waits }) => (waits === 1 ? [] : [execution])))
    },
    *requeue(endings, now) {
      const queued = yield* tables.requeue(endings, now)
      yield* announceQueued(endings)
      return queued
    },
    *promote(lines) {
      yield* tables.promote(lines)
      // Who ended the one before may be no scheduler, or have no slot for it.
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
