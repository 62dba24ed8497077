import type { Pair } from './pair.ts'
import type { Steps } from './steps.ts'
import type { Store, StoreTransaction } from './store.ts'
import type { Tables } from './tables.ts'

/** A transaction with a connection of its own, open while other code is waited for. */
export interface Session {
  readonly transaction: StoreTransaction
  run<Result>(steps: Steps<Result>): Promise<Result>
}

/** What a database has to offer for a store to stand on it. */
export interface Driver extends Pick<Store, 'url' | 'target' | 'dialect'> {
  readonly tables: Tables
  read<Result>(steps: () => Steps<Result>): Promise<Result>
  /** One transaction. The steps may be made and run anew, after a conflict with another process. */
  write<Result>(steps: () => Steps<Result>): Promise<Result>
  /** Commits when `work` resolves, rolls back when it rejects. Nobody decides about `pair` meanwhile. */
  alone<Result>(pair: Pair, work: (session: Session) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}
