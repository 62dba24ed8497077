import { statSync } from 'node:fs'
import type { Clock } from '../../support/clock.ts'
import { StoreError } from '../errors.ts'

/** The file is looked at this often at most, in ms. */
const LOOK_EVERY = 1000

/**
 * Notices when the file at a path is no longer the one that was opened: an open database goes on working on a file that was
 * deleted, and all that is written there is lost.
 */
export class SameFile {
  readonly #path: string
  readonly #clock: Clock
  readonly #opened: string | null
  #lookedAt: number

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
    this.#opened = identityOf(path)
    this.#lookedAt = clock.now()
  }

  /** Throws StoreError STORE_REPLACED. */
  verify(): void {
    const now = this.#clock.now()
    if (Math.abs(now - this.#lookedAt) < LOOK_EVERY) return
    const found = identityOf(this.#path)
    if (this.#opened !== null && found !== this.#opened) {
      const what = found === null ? 'was deleted' : 'was replaced by another file'
      throw new StoreError('STORE_REPLACED', `the store's file ${this.#path} ${what} while it was open`, {
        hint: 'stop the schedulers before you move, restore or delete their store, and start this one again',
      })
    }
    this.#lookedAt = now
  }

  /** Whether it is the one that was opened still. */
  get isSame(): boolean {
    return this.#opened === null || identityOf(this.#path) === this.#opened
  }
}

/** Null where there is none. */
function identityOf(path: string): string | null {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? null : `${stats.dev}:${stats.ino}`
}
