import type { Execution, Fire } from '../execution.ts'
import { holdsLock, isRetained, type RetainedLock } from '../locks.ts'
import { instantText } from './transitions.ts'

/** What an earlier execution of the same job and tenant means for a fire. */
export type OverlapVerdict =
  | { readonly kind: 'none' }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'queue'; readonly replaced: readonly Execution[] }
  | {
      readonly kind: 'cancel'
      /** To be aborted; the fire waits for them. */
      readonly running: readonly Execution[]
      /** Never started: replaced by the fire. */
      readonly replaced: readonly Execution[]
      /** Between two attempts: cancelled. */
      readonly retrying: readonly Execution[]
    }

const NONE: OverlapVerdict = { kind: 'none' }

/**
 * Decides on a fire by the executions that were claimed before this tick. What counts is running with a heartbeat,
 * or queued and free to start; a retry that waits for its delay doesn't, nor does anything that bypasses the lock,
 * nor another fire of the same instant (those wait for each other).
 */
export function decideOverlap(
  fire: Fire,
  earlier: readonly Execution[],
  retained: readonly RetainedLock[],
  at: { now: number; staleBefore: number },
): OverlapVerdict {
  if (fire.overlap === 'allow' || (earlier.length === 0 && retained.length === 0)) return NONE
  const others = earlier.filter((other) => other.lock === 'exclusive' && other.scheduledFor !== fire.scheduledFor)
  const running = others.filter((other) => holdsLock(other, at.staleBefore))
  const queued = others.filter((other) => other.status === 'QUEUED')
  const waiting = queued.filter((other) => other.availableAt <= at.now)
  const held = retained.filter((lock) => isRetained(lock, at.staleBefore))
  const inTheWay = running[0] ?? waiting[0]
  if (inTheWay === undefined && held.length === 0) return NONE
  if (fire.overlap === 'skip') return { kind: 'skip', reason: reasonOf(inTheWay, held) }
  // Where missed fires are all caught up, none of them gives way to a newer one, nor to another of them.
  const replaced =
    fire.trigger === 'catch-up'
      ? []
      : givingWay(queued).filter(({ attempt, trigger }) => attempt === 0 && trigger !== 'catch-up')
  if (fire.overlap === 'queue') return { kind: 'queue', replaced }
  const retrying = givingWay(waiting).filter((other) => other.attempt > 0)
  return { kind: 'cancel', running: givingWay(running), replaced, retrying }
}

/** Whether it was enqueued: a fire waits for it, and never replaces it. */
const givingWay = (others: readonly Execution[]): Execution[] => others.filter(({ trigger }) => trigger !== 'enqueue')

function reasonOf(other: Execution | undefined, held: readonly RetainedLock[]): string {
  if (other === undefined) {
    return `overlap: the code of execution ${held[0]?.executionId} had timed out and was still running`
  }
  const which = `the execution of ${instantText(other.scheduledFor)} (${other.id})`
  if (other.status === 'RUNNING') {
    return `overlap: ${which} was still running, since ${instantText(other.startedAt ?? other.queuedAt)}`
  }
  return `overlap: ${which} was still waiting to run, since ${instantText(other.queuedAt)}`
}
