import type { Tables } from '../driver.ts'
import type { EnqueueRequest, KeyRequest } from '../enqueue-request.ts'
import type { Execution } from '../execution.ts'
import type { Script } from '../transaction-script.ts'

/** A key that is freed between two looks is looked for anew, so often. */
const LOOKS = 5

/**
 * Takes the key of a request for the execution `id`, where it names one; null where it may be enqueued. Otherwise the id of
 * the execution that has the key, which was given the new time and arguments where that was asked for. `rows`: executions
 * of this transaction that are not written yet.
 */
export function* claimKey(
  tables: Tables,
  request: EnqueueRequest,
  id: string,
  rows: Map<string, Execution>,
): Script<string | null> {
  const { job, tenant, now, key: asked } = request
  if (asked === undefined) return null
  const { key, freesAtStart, keepFor, maxWait } = asked
  const latestAt = maxWait === null ? null : now + maxWait
  const held = { job, tenant, key, executionId: id, freesAtStart, keepFor, latestAt }
  let started: string | null = null
  for (let look = 1; look <= LOOKS; look++) {
    // A look first: it locks nothing, so what ends that execution doesn't wait for this transaction.
    const holder = yield* tables.keyHolder(held, now)
    if (holder === null) {
      if (yield* tables.takeKey(held, now)) return null
      continue
    }
    const { executionId } = holder
    if (asked.onConflict === 'keep' || executionId === started) return executionId
    if (yield* putOff(tables, request, asked, holder, rows)) return executionId
    // It may have started while we waited for its row, and freed its key.
    started = executionId
  }
  throw new Error(`the key ${key} of job ${job} was taken and freed again and again`)
}

/** Gives the execution that has the key the new time and arguments; false where it has started. */
function* putOff(
  tables: Tables,
  { args, availableAt, now, job, tenant, lock }: EnqueueRequest,
  { onConflict }: KeyRequest,
  holder: { readonly executionId: string; readonly latestAt: number | null },
  rows: Map<string, Execution>,
): Script<boolean> {
  const limit = onConflict === 'debounce' ? (holder.latestAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
  const at = Math.max(now, Math.min(availableAt, limit))
  const id = holder.executionId
  const row = rows.get(id)
  if (row !== undefined) {
    rows.set(id, { ...row, args, availableAt: at, scheduledFor: at })
    return true
  }
  const changed = yield* tables.reschedule({ id, args, availableAt: at, now })
  // Others may have waited behind it.
  if (changed && lock === 'exclusive') yield* tables.promote([{ job, tenant }])
  return changed
}
