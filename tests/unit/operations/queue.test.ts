import { expect, it } from 'vitest'
import { type QueueView, queueOf } from '../../../runtime/operations/queue.ts'
import type { Execution } from '../../../runtime/store/execution.ts'
import { openStore } from '../../../runtime/store/open.ts'
import { fireOf, minute, Node, T0 } from '../../conformance/fixtures.ts'

/** What a store in memory holds after these fires, seen by one process that watches. */
async function viewOf(seen: Partial<Pick<QueueView, 'nodes'>> = {}): Promise<QueueView> {
  const store = await openStore('memory:')
  const node = new Node(store, 'here:1:node')
  await node.at(T0).register()
  await node.run('busy', T0)
  await node.claim(
    [
      fireOf('busy', T0 + 1, { overlap: 'queue' }),
      fireOf('line', T0 + 2, { overlap: 'queue', priority: 5 }),
      fireOf('later', T0 + 3, { availableAt: T0 + minute }),
      fireOf('first', T0 + 4),
      fireOf('second', T0 + 4, { after: ['first'] }),
      fireOf('report', T0 + 5, { queue: 'reports' }),
      fireOf('stranger', T0 + 6),
      fireOf('drained', T0 + 7, { queue: 'slow' }),
    ],
    { slots: 0 },
  )
  await store.pause({ queue: 'slow' }, 'ann', 'full', T0, { drain: true })
  const known = ['busy', 'line', 'later', 'first', 'second', 'report', 'drained']
  const jobs = { known, off: {}, lacks: [], inZones: [] }
  const [here] = await store.nodes()
  if (here === undefined) throw new Error('no node')
  return {
    queued: await store.executions({ statuses: ['QUEUED'] }),
    running: await store.executions({ statuses: ['RUNNING'] }),
    pauses: await store.pauses(T0),
    nodes: [{ ...here, jobs, queues: ['default', 'slow'], slots: 1 }],
    now: T0 + 10,
    staleAfter: minute,
    timezone: 'UTC',
    ...seen,
  }
}

it('each of the queue, in its order, says what it waits for', async () => {
  const view = await viewOf()
  const [running] = view.running
  const first = view.queued.find(({ job }) => job === 'first')

  expect(queueOf(view).map(({ job, waitsFor, detail, behind }) => [job, waitsFor, detail, behind])).toEqual([
    ['line', 'slot', '1 of 1 are taken', null],
    ['busy', 'lock', `held by ${running?.id}, on here, process 1`, running?.id],
    ['later', 'time', 'it starts at 2026-01-01 00:01 UTC', null],
    ['first', 'slot', '1 of 1 are taken', null],
    ['second', 'after', 'first of the same instant has to succeed first', first?.id],
    ['report', 'node', 'no process that watches serves the queue reports', null],
    ['stranger', 'node', 'no process that watches knows the job', null],
    ['drained', 'drain', 'paused: the queue slow, by ann, drained: full', null],
  ])
})

it('behind a lock that nothing holds, those that are not the first in line wait for it', async () => {
  const view = await viewOf()
  const [busy] = view.queued.filter(({ job }) => job === 'busy')
  if (busy === undefined) throw new Error('nothing is queued')
  const next: Execution = { ...busy, id: `${busy.id.slice(0, -1)}z`, scheduledFor: busy.scheduledFor + 1 }
  const [one, two] = queueOf({ ...view, queued: [next, busy], running: [] })
  expect(one).toMatchObject({ id: busy.id, waitsFor: 'slot' })
  expect(two).toMatchObject({ id: next.id, waitsFor: 'lock', behind: busy.id })
})

it('a process without a heartbeat serves nothing', async () => {
  const view = await viewOf()
  const due = queueOf({ ...view, now: T0 + 2 * minute }).filter(({ waitsFor }) => waitsFor !== 'drain')
  expect(new Set(due.map(({ waitsFor }) => waitsFor))).toEqual(new Set(['node']))
})
