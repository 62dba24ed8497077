import { copyOf } from '../../support/copy.ts'
import type { Driver, Session } from '../driver.ts'
import { StoreError } from '../errors.ts'
import type { StoreTransaction } from '../job-store.ts'
import type { LockKey } from '../locks.ts'
import { DEAF_LISTENER, type StoreListener } from '../notices.ts'
import { runSync, type Script } from '../transaction-script.ts'
import { MemoryTables } from './memory-tables.ts'

/** A store of this process alone, which keeps nothing. Results are copies: no caller changes what is kept. */
export function openMemory(): Driver {
  return new MemoryDriver()
}

class MemoryDriver implements Driver {
  readonly dialect = 'memory'
  readonly url = 'memory:'
  readonly target = null
  readonly clockOffset = 0
  readonly tables = new MemoryTables()
  /** Settles when the newest transaction is over; they run one after the other. */
  #busy: Promise<void> | undefined
  #isClosed = false

  async read<Result>(steps: () => Script<Result>): Promise<Result> {
    this.#refuseClosed()
    return copyOf(runSync(steps(), refuse))
  }

  write<Result>(steps: () => Script<Result>): Promise<Result> {
    return this.#busy === undefined ? this.read(steps) : this.#writeLater(steps)
  }

  async #writeLater<Result>(steps: () => Script<Result>): Promise<Result> {
    while (this.#busy !== undefined) await this.#busy
    return await this.read(steps)
  }

  async alone<Result>(_pair: LockKey, work: (session: Session) => Promise<Result>): Promise<Result> {
    while (this.#busy !== undefined) await this.#busy
    let free = (): void => {}
    this.#busy = new Promise((resolve) => {
      free = resolve
    })
    try {
      return await work({ transaction: NO_SQL, run: (steps) => this.read(() => steps) })
    } finally {
      this.#busy = undefined
      free()
    }
  }

  async measureClock(): Promise<void> {}

  listen(): StoreListener {
    return DEAF_LISTENER
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new StoreError('STORE_CLOSED', 'the store memory: is closed')
  }
}

function refuse(): never {
  throw new StoreError('STORE_NO_SQL', 'a store in memory runs no statements')
}

async function noSql(): Promise<never> {
  throw new StoreError('STORE_NO_SQL', 'a store in memory has no database to query', {
    hint: 'set JOBS_STORE_URL to SQLite or PostgreSQL, or look elsewhere in this pre-check',
  })
}

const NO_SQL: StoreTransaction = { dialect: 'memory', query: noSql, execute: noSql }
