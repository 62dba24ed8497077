import { describe, expect, it } from 'vitest'
import type { RunStart } from '../../runtime/store/store.ts'
import { failure, fireOf, minute, rowsOf, second, statusOf, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + minute

export function runRules(stage: () => Stage): void {
  describe('begin', () => {
    it('takes the lock; a second one is told who holds it', async () => {
      const { one, two } = stage()
      const run = await one.at(at).begin('a', { args: ['x'] })
      const id = idOf(run)
      expect(await two.at(at).begin('a')).toMatchObject({ acquired: false, cause: 'locked', holder: { id } })
      expect(await two.begin('a', { lock: 'bypass' })).toMatchObject({ acquired: true, execution: { lock: 'bypass' } })
      expect(await two.begin('a', { tenant: 't' })).toMatchObject({ acquired: true })
    })

    it('lets one of two that begin at once have the lock', async () => {
      const { one, two } = stage()
      const runs = await Promise.all([one, two, one, two].map((node) => node.at(at).begin('a')))
      expect(runs.filter(({ acquired }) => acquired)).toHaveLength(1)
    })

    it('lets a stale execution hold no lock', async () => {
      const { one, two } = stage()
      await one.at(at).begin('a')
      expect(await two.at(at + 30 * second).begin('a')).toMatchObject({ acquired: false })
      expect(await two.at(at + 30 * second + 1).begin('a')).toMatchObject({ acquired: true })
    })

    it('a fire that was claimed is not run again', async () => {
      const { one, two } = stage()
      await one.end(await one.at(at).run('a', at))
      const again = await two.at(at).begin('a', { scheduleKey: 'a-key', scheduledFor: at })
      expect(again).toMatchObject({ acquired: false, cause: 'already-claimed' })
    })

    it('a pre-check that agrees runs inside the transaction, before the row is there', async () => {
      const { one } = stage()
      const seen: string[] = []
      const run = await one.at(at).begin('a', {
        preCheck: async ({ dialect }) => {
          seen.push(dialect)
          return { skip: false }
        },
      })
      expect(run.acquired).toBe(true)
      expect(seen).toEqual([one.store.dialect])
    })

    it('a pre-check that skips leaves a trace', async () => {
      const { one, two } = stage()
      const preCheck = async () => ({ skip: true, reason: 'Already completed for this period' }) as const
      const run = await one.at(at).begin('a', { preCheck })
      expect(run).toMatchObject({
        acquired: false,
        cause: 'pre-check',
        reason: 'pre-check: Already completed for this period',
      })
      await two.at(at + second).begin('a', { preCheck })
      expect(await rowsOf(one.store, 'a')).toMatchObject([{ status: 'SKIPPED', skipCount: 2, trigger: 'manual' }])
      expect(await two.begin('a')).toMatchObject({ acquired: true })
    })

    it('a pre-check that throws leaves nothing', async () => {
      const { one, two } = stage()
      const broken = one.at(at).begin('a', {
        preCheck: async () => {
          throw new Error('no such table')
        },
      })
      await expect(broken).rejects.toThrow('no such table')
      expect(await rowsOf(one.store, 'a')).toEqual([])
      expect(await two.at(at).begin('a')).toMatchObject({ acquired: true })
    })

    it('others wait for a pre-check without the event loop being blocked', async () => {
      const { one, two } = stage()
      const [entered, check] = [gate(), gate()]
      const slow = one.at(at).begin('a', {
        preCheck: async () => {
          entered.open()
          await check.opened
          return { skip: false }
        },
      })
      await entered.opened
      const order: string[] = []
      const other = two
        .at(at)
        .begin('a')
        .then((run) => {
          order.push('second')
          return run
        })
      await new Promise((resolve) => setImmediate(resolve))
      order.push('free')
      check.open()
      expect(await slow).toMatchObject({ acquired: true })
      expect(await other).toMatchObject({ acquired: false, cause: 'locked' })
      expect(order).toEqual(['free', 'second'])
    })
  })

  describe('a transaction for a pre-check', () => {
    it('returns the result of the work', async () => {
      const { one } = stage()
      expect(await one.store.transaction({ job: 'a', tenant: '', limit: 2000 }, async () => 7)).toBe(7)
    })

    it('is abandoned when it takes too long', async () => {
      const { one } = stage()
      const slow = one.store.transaction({ job: 'a', tenant: '', limit: 20 }, () => new Promise(() => {}))
      await expect(slow).rejects.toMatchObject({ code: 'PRE_CHECK_TIMEOUT' })
      expect(await one.at(at).begin('a')).toMatchObject({ acquired: true })
    })

    it('sees the tables, writes to them, and is rolled back when it fails', async () => {
      const { one } = stage()
      if (one.store.dialect === 'memory') {
        const query = one.store.transaction({ job: 'a', tenant: '', limit: 2000 }, (tx) => tx.query('select 1'))
        await expect(query).rejects.toMatchObject({ code: 'STORE_NO_SQL' })
        return
      }
      const scope = { job: 'a', tenant: '', limit: 2000 }
      await one.store.transaction(scope, async (tx) => {
        await tx.execute('create table period (name text, done integer)')
        expect(await tx.execute('insert into period values (?, ?), (?, ?)', ['may', 1, 'june', 0])).toEqual({
          changes: 2,
        })
      })
      const failing = one.store.transaction(scope, async (tx) => {
        await tx.execute('delete from period')
        throw new Error('changed my mind')
      })
      await expect(failing).rejects.toThrow('changed my mind')
      const found = await one.store.transaction(scope, (tx) =>
        tx.query<{ name: string }>(`select name from period where done = ? and name <> '?'`, [1]),
      )
      expect(found.map(({ name }) => name)).toEqual(['may'])
    })
  })

  describe('complete', () => {
    it('success and failure are final, and free the lock', async () => {
      const { one } = stage()
      const good = await one.at(at).run('a', at)
      const bad = await one.run('b', at)
      one.at(at + second)
      expect(await Promise.all([one.end(good), one.end(bad, { kind: 'failure', error: failure })])).toEqual([
        true,
        true,
      ])
      expect(await one.store.execution(good.id)).toMatchObject({
        status: 'SUCCESS',
        finishedAt: at + second,
        error: null,
      })
      expect(await one.store.execution(bad.id)).toMatchObject({ status: 'FAILURE', error: failure })
      expect(await one.begin('a')).toMatchObject({ acquired: true })
      expect(await one.store.attempts(good.id)).toEqual([
        { executionId: good.id, attempt: 1, owner: 'node-1', startedAt: at, finishedAt: at + second, error: null },
      ])
    })

    it('accepts an outcome from the owner of the attempt only, and only once', async () => {
      const { one, two } = stage()
      const run = await one.at(at).run('a', at, { maxAttempts: 2 })
      expect(await two.at(at).end(run)).toBe(false)
      expect(await one.end({ id: run.id, attempt: 2 })).toBe(false)
      expect(await one.end(run, { kind: 'retry', error: failure, availableAt: at })).toBe(true)
      expect(await one.end(run)).toBe(false)
      const { taken } = await two.dequeue()
      expect(taken).toMatchObject([{ id: run.id, attempt: 2 }])
      expect(await one.end(run)).toBe(false)
      expect(await two.end({ id: run.id, attempt: 2 })).toBe(true)
      expect(await one.at(at + second).end({ id: run.id, attempt: 2 })).toBe(false)
      expect(await one.store.execution(run.id)).toMatchObject({ status: 'SUCCESS', owner: 'node-2', finishedAt: at })
    })

    it('accepts one of two reports of the same attempt at the same moment', async () => {
      const { one } = stage()
      const run = await one.at(at).run('a', at)
      const both = await Promise.all([one.end(run), one.end(run, { kind: 'failure', error: failure })])
      expect(both.filter(Boolean)).toHaveLength(1)
    })

    it('accepts a report again when its answer was lost', async () => {
      const { one } = stage()
      const run = await one.at(at).run('a', at)
      expect(await one.end(run)).toBe(true)
      expect(await one.end(run)).toBe(true)
    })

    it('accepts a report again when its answer was lost and it is to be tried again', async () => {
      const { one, two } = stage()
      const run = await one.at(at).run('a', at, { maxAttempts: 3 })
      const outcome = { kind: 'retry', error: failure, availableAt: at } as const
      expect(await one.end(run, outcome)).toBe(true)
      expect(await one.end(run, outcome)).toBe(true)
      const [again] = (await two.at(at).dequeue()).taken
      expect(again).toMatchObject({ id: run.id, attempt: 2 })
      expect(await one.end(run, outcome)).toBe(true)
      expect(await one.at(at + second).end(run, outcome)).toBe(false)
      expect(await two.end({ id: run.id, attempt: 1 }, outcome)).toBe(false)
    })

    it('queues again what a process returns at shutdown while recover lasts, then cancels it', async () => {
      const { one, two } = stage()
      const run = await one.at(at).run('a', at, { recoverLimit: 1 })
      await one.end(run, { kind: 'released', error: failure })
      expect(await one.store.execution(run.id)).toMatchObject({ status: 'QUEUED', recoveries: 1, owner: '' })
      const [again] = (await two.at(at).dequeue()).taken
      if (again) await two.end(again, { kind: 'released', error: failure })
      expect(await one.store.execution(run.id)).toMatchObject({ status: 'CANCELLED', recoveries: 1, error: failure })
    })

    it('records a skip by the pre-check', async () => {
      const { one } = stage()
      const run = await one.at(at).run('a', at)
      await one.end(run, { kind: 'skipped', reason: 'nothing to do' })
      expect(await one.store.execution(run.id)).toMatchObject({
        status: 'SKIPPED',
        skipReason: 'pre-check: nothing to do',
        skipCount: 1,
      })
    })

    it('answers a thousand reports at once', async () => {
      const { one } = stage()
      const fires = Array.from({ length: 1000 }, (_, n) => fireOf(`job-${n}`, at))
      const claimed = await one.at(at).claim(fires, { slots: 1000 })
      const ends = claimed.flatMap((each) => (each.outcome === 'running' ? [each.execution] : []))
      expect(await Promise.all(ends.map((each) => one.end(each)))).toEqual(ends.map(() => true))
    })
  })

  describe('heartbeats and recovery', () => {
    it('a heartbeat keeps alive all that a node runs, and nothing else', async () => {
      const { one, two } = stage()
      const mine = await one.at(at).run('a', at)
      const other = await two.at(at).run('b', at)
      await one.at(at + 20 * second).heartbeat()
      const { requeued } = await two.at(at + 40 * second).recover()
      expect(requeued.map(({ id }) => id)).toEqual([other.id])
      expect(await statusOf(one.store, mine.id)).toBe('RUNNING')
      expect(await one.store.nodes()).toMatchObject([{ id: 'node-1', heartbeatAt: at + 20 * second }, { id: 'node-2' }])
    })

    it('what a node runs that is known to be dead is queued again at once, and the locks that it retained are free', async () => {
      const { one, two } = stage()
      const mine = await one.at(at).run('a', at)
      const other = await two.at(at).run('b', at)
      const timedOut = await one.at(at).run('c', at)
      const error = { code: 'TIMEOUT', message: 'too long', stack: null }
      const { id, owner, attempt } = timedOut
      await one.store.complete({ id, owner, attempt, at, outcome: { kind: 'failure', error }, retainLock: true })
      const { requeued } = await two.store.recover({ now: at + second, staleBefore: at - minute, dead: ['node-1'] })
      expect(requeued.map((each) => each.id)).toEqual([mine.id])
      expect(await statusOf(one.store, other.id)).toBe('RUNNING')
      const [attempts] = await one.store.attempts(mine.id)
      expect(attempts?.error).toMatchObject({ code: 'PROCESS_DIED', message: expect.stringContaining('has ended') })
      const [next] = await two.at(at + 2 * second).claim([fireOf('c', at + 2 * second)])
      expect(next?.outcome).toBe('running')
    })

    it('a node says which process it is, where that is known', async () => {
      const { one } = stage()
      const identity = { bootId: 'boot', pidNamespace: 'pid:[1]', startedAt: '42' }
      await one.register({ id: 'known', identity })
      await one.register({ id: 'unknown', identity: null })
      const found = new Map((await one.store.nodes()).map((each) => [each.id, each.identity]))
      expect([found.get('known'), found.get('unknown')]).toEqual([identity, null])
      await one.store.removeNode('known', at)
      await one.store.removeNode('unknown', at)
    })

    it('a dead one is queued again while recover lasts, then stale, each attempt with its cause', async () => {
      const { one, two } = stage()
      const run = await one.at(at).run('a', at, { recoverLimit: 1 })
      const { requeued } = await two.at(at + minute).recover()
      expect(requeued).toMatchObject([
        { id: run.id, status: 'QUEUED', recoveries: 1, owner: '', availableAt: at + minute },
      ])
      expect(await one.at(at + minute).end(run)).toBe(false)
      expect(await two.taken()).toEqual(['a 60'])
      const { stale } = await one.at(at + 2 * minute).recover()
      expect(stale).toMatchObject([{ id: run.id, status: 'STALE', error: { code: 'PROCESS_DIED' } }])
      const attempts = await one.store.attempts(run.id)
      expect(attempts.map(({ error }) => error?.message)).toEqual([
        'the process that ran it (host, pid 1) died or was stopped: no heartbeat since 2026-01-01T00:01:00Z',
        'the process that ran it (host, pid 1) died or was stopped: no heartbeat since 2026-01-01T00:02:00Z',
      ])
      expect(await one.recover()).toEqual({ requeued: [], stale: [] })
    })

    it('two that recover at once do it once', async () => {
      const { one, two } = stage()
      const fires = Array.from({ length: 30 }, (_, n) => fireOf(`job-${n}`, at, { recoverLimit: 5 }))
      await one.at(at).claim(fires, { slots: 30 })
      const both = await Promise.all([one, two].map((node) => node.at(at + minute).recover()))
      const ids = both.flatMap(({ requeued }) => requeued.map(({ id }) => id))
      expect(ids).toHaveLength(30)
      expect(new Set(ids).size).toBe(30)
      const rows = await one.store.executions({ limit: 100 })
      expect(rows.every(({ recoveries, status }) => recoveries === 1 && status === 'QUEUED')).toBe(true)
    })

    it('lists nodes while they are registered', async () => {
      const { one, two } = stage()
      await one.store.setNextWake('node-1', at + minute)
      expect(await two.store.nodes()).toMatchObject([{ id: 'node-1', nextWakeAt: at + minute }, { id: 'node-2' }])
      await one.store.removeNode('node-2', at)
      expect(await one.store.nodes()).toHaveLength(1)
    })

    it('forgets nodes without a heartbeat for long, and no others', async () => {
      const { one, two } = stage()
      await two.store.heartbeat('node-2', at + 5 * minute)
      await one.store.forgetNodes(at + 5 * minute)
      expect(await two.store.nodes()).toMatchObject([{ id: 'node-2' }])
      await one.store.forgetNodes(at + 5 * minute + 1)
      expect(await two.store.nodes()).toEqual([])
    })
  })

  describe('cancelling', () => {
    it('a running one is asked, and what would be tried again ends there', async () => {
      const { one, two } = stage()
      const run = await one.at(at).run('a', at)
      expect(await two.store.cancel(run.id, at + second)).toBe('requested')
      expect(await two.store.cancel(run.id, at + 2 * second)).toBe('requested')
      expect(await one.store.cancelRequests('node-1')).toEqual([run.id])
      expect(await one.store.cancelRequests('node-2')).toEqual([])
      expect(await one.store.execution(run.id)).toMatchObject({ cancelRequestedAt: at + second })
      await one.end(run, { kind: 'retry', error: failure, availableAt: at })
      expect(await statusOf(one.store, run.id)).toBe('CANCELLED')
      expect(await two.store.cancel(run.id, at)).toBe('already-final')
      expect(await two.store.cancel('nobody', at)).toBe('unknown')
    })

    it('one whose process died meanwhile is cancelled, not run again', async () => {
      const { one, two } = stage()
      const run = await one.at(at).run('a', at)
      await two.store.cancel(run.id, at)
      expect((await two.at(at + minute).recover()).requeued).toEqual([])
      expect(await statusOf(one.store, run.id)).toBe('CANCELLED')
    })
  })
}

function idOf(run: RunStart): string {
  if (!run.acquired) throw new Error(`expected to get the lock: ${run.reason}`)
  return run.execution.id
}

/** Something to wait for that the test opens. */
function gate(): { opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}
