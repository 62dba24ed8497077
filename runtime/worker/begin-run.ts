import type { Execution } from '../store/execution.ts'
import type { RunRequest, RunStart, Store } from '../store/store.ts'
import { type Clock, sleep } from '../support/clock.ts'
import { deadNodes } from './dead-nodes.ts'
import type { FailureDetector } from './failure-detector.ts'

/** While it is not known whether a lock's holder is alive, the store is asked this often at least, in ms. */
const LONGEST_POLL = 1000

export interface BeginOptions {
  readonly store: Pick<Store, 'begin' | 'nodes' | 'recover'>
  readonly clock: Clock
  readonly detector: FailureDetector
  /** Made only for a wait, which it ends: the lock then counts as held. */
  readonly signal?: () => AbortSignal
  /** Called once, where the holder of the lock gives no heartbeat and it is waited for one. */
  readonly onWait?: (holder: Execution) => void
}

/**
 * Begins a run that takes its job's lock. A holder that is alive refuses it. One whose process has ended on this machine
 * is recovered at once; one without a heartbeat is watched first, for up to `staleAfter`: this process may have started
 * right after an outage in which no heartbeat could arrive.
 */
export async function beginRun(
  { store, clock, detector, signal, onWait }: BeginOptions,
  request: (now: number) => Omit<RunRequest, 'now' | 'staleBefore'>,
): Promise<RunStart> {
  const recovered = new Set<string>()
  let over: AbortSignal | undefined
  for (let isWaiting = false; ; ) {
    const now = clock.now()
    const start = await store.begin({ ...request(now), now, staleBefore: detector.before(now) })
    if (start.acquired || start.cause !== 'locked' || start.holder === null) return start
    const { holder } = start
    const nodes = await store.nodes()
    detector.observed(clock.now())
    if (!recovered.has(holder.owner) && deadNodes(nodes).includes(holder.owner)) {
      recovered.add(holder.owner)
      await store.recover({ now, staleBefore: 0, dead: [holder.owner] })
      continue
    }
    const ofNode = nodes.find(({ id }) => id === holder.owner)?.heartbeatAt
    const heartbeatAt = (holder.status === 'RUNNING' ? holder.heartbeatAt : ofNode) ?? 0
    if (clock.now() - heartbeatAt <= detector.staleAfter || over?.aborted) return start
    over ??= signal?.()
    if (!isWaiting) onWait?.(holder)
    isWaiting = true
    await sleep(clock, Math.min(LONGEST_POLL, detector.staleAfter / 6), over)
  }
}
