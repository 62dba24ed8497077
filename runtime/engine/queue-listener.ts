import type { HeardNotice, StoreListener } from '../store/notices.ts'
import type { WorkerServices } from '../worker/services.ts'

/** Where the store doesn't notify of what others queue, it is polled this often, in ms. */
const POLL = 1000
/** Where it notifies, it is polled this often all the same, in ms. */
const SAFETY_POLL = 30_000

/** Listens for what other processes queue, where the store notifies of it. */
export class QueueListener {
  #listener: StoreListener | undefined
  #isStopped = false

  /** `queued`: something may run in `delay` ms. */
  constructor(
    private readonly services: Pick<WorkerServices, 'store' | 'clock' | 'log'>,
    private readonly queued: (delay: number) => void,
  ) {}

  /** Listens from the first call on. */
  start(): void {
    if (!this.#isStopped) this.#listener ??= this.services.store.listen((notice) => this.#hear(notice))
  }

  /** How often the queue has to be read, in ms. */
  get interval(): number {
    return this.#listener?.isLive ? SAFETY_POLL : POLL
  }

  stop(): void {
    this.#isStopped = true
    this.#listener?.stop()
  }

  #hear(notice: HeardNotice): void {
    if (notice.kind === 'cancel' || this.#isStopped) return
    if (notice.kind === 'deaf' && notice.reason !== null) {
      this.services.log.root.warn(`the queue is read each second: ${notice.reason}`)
    }
    // What was queued while nothing was heard is found by polling.
    this.queued(notice.kind === 'queued' ? Math.max(0, notice.at - this.services.clock.now()) : 0)
  }
}
