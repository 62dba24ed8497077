import { afterEach, beforeEach, describe } from 'vitest'
import type { Store } from '../../runtime/store/store.ts'
import { afterRules } from './after.ts'
import { claimRules } from './claiming.ts'
import { dismissalRules } from './dismissals.ts'
import { enqueueRules } from './enqueueing.ts'
import { fireRules } from './fires.ts'
import { Node, T0 } from './fixtures.ts'
import { keyRules } from './keys.ts'
import { nodeRules } from './nodes.ts'
import { nominalRules } from './nominal-times.ts'
import { oddOutcomeRules } from './odd-outcomes.ts'
import { overlapRules } from './overlap.ts'
import { pausingRules } from './pausing.ts'
import { recordRules } from './records.ts'
import { renamingRules } from './renaming.ts'
import { runRules } from './running.ts'
import { skipRules } from './skips.ts'
import { takeRules } from './taking.ts'

/** Two stores on one database; for a store in memory, the same one twice. */
export interface Opened {
  readonly first: Store
  readonly second: Store
  close(): Promise<void>
}

/** What every rule is tried with: two schedulers, `one` and `two`, each with its own store on the same database. */
export interface Stage {
  readonly one: Node
  readonly two: Node
}

/** Holds a driver to the store's contract. `open` makes a new, empty database each time. */
export function exercise(driver: string, open: () => Promise<Opened>): void {
  describe(`the store in ${driver}`, () => {
    let opened: Opened | undefined
    let stage: Stage | undefined

    beforeEach(async () => {
      opened = await open()
      stage = { one: new Node(opened.first, 'node-1'), two: new Node(opened.second, 'node-2') }
      await stage.one.at(T0).register()
      await stage.two.at(T0).register()
    })

    afterEach(async () => {
      await opened?.close()
    })

    const current = (): Stage => {
      if (stage === undefined) throw new Error('a rule is tried inside a test only')
      return stage
    }

    describe('claiming', () => claimRules(current))
    describe('fires', () => fireRules(current))
    describe('overlap', () => overlapRules(current))
    describe('skips', () => skipRules(current))
    describe('pausing', () => pausingRules(current))
    describe('dismissing', () => dismissalRules(current))
    describe('after', () => afterRules(current))
    describe('local times', () => nominalRules(current))
    describe('nodes', () => nodeRules(current))
    describe('taking from the queue', () => takeRules(current))
    describe('enqueueing', () => enqueueRules(current))
    describe('keys', () => keyRules(current))
    describe('running and ending', () => runRules(current))
    describe('odd outcomes', () => oddOutcomeRules(current))
    renamingRules(current)
    describe('what is left behind', () => recordRules(current))
  })
}
