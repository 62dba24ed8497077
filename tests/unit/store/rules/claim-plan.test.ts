import { expect, it } from 'vitest'
import type { Fire } from '../../../../runtime/store/execution.ts'
import { type ClaimView, planClaim } from '../../../../runtime/store/rules/claim-plan.ts'
import { fireOf, minute, T0 } from '../../../conformance/fixtures.ts'

const at = T0 + minute
const empty: ClaimView = {
  watermarks: new Map(),
  claimed: new Set(),
  pauses: new Map(),
  open: [],
  retained: [],
  dependencies: [],
}

const plan = (fires: readonly Fire[], view: Partial<ClaimView> = {}, slots = 10): string[] =>
  planClaim(fires, { ...empty, ...view }, { now: at, slots, staleBefore: at - minute }).verdicts.map(({ kind }) => kind)

it('verdicts come in the order of the fires, whatever the order of the slots', () => {
  const fires = [fireOf('a', at, { priority: -1 }), fireOf('b', at, { priority: 1 })]
  expect(plan(fires, {}, 1)).toEqual(['wait', 'run'])
})

it('a fire at the mark is behind it, one a millisecond later is not', () => {
  const watermarks = new Map([['a-key', at]])
  expect(plan([fireOf('a', at), fireOf('a', at + 1, { availableAt: at })], { watermarks })).toEqual([
    'already-claimed',
    'run',
  ])
})

it('what was claimed already is nothing that others of the tick wait for', () => {
  const fires = [fireOf('a', at), fireOf('b', at, { after: ['a'] })]
  expect(plan(fires, { claimed: new Set([0]) })).toEqual(['already-claimed', 'run'])
})

it('a long chain of jobs that wait for each other is judged whole, given in any order', () => {
  const chain = Array.from({ length: 50 }, (_, n) => fireOf(`j${n}`, at, { after: n === 0 ? [] : [`j${n - 1}`] }))
  expect(plan([...chain].reverse(), {}, 100)).toEqual([...Array(49).fill('wait'), 'run'])
  const first = fireOf('j0', at, { skip: { cause: 'disabled', reason: 'off' } })
  expect(plan([...chain.slice(1).reverse(), first])).toEqual(Array(50).fill('skip'))
})

it('a fire that waits for another job holds no slot, but keeps its place in the line of its own job', () => {
  const fires = [fireOf('a', at - 1, { after: ['b'] }), fireOf('b', at - 1), fireOf('a', at)]
  expect(plan(fires, {}, 1)).toEqual(['wait', 'run', 'wait'])
})
