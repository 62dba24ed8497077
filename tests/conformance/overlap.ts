import { describe, expect, it } from 'vitest'
import type { Overlap } from '../../runtime/manifest/types.ts'
import { briefly, failure, fireOf, minute, rowsOf, second, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const first = T0 + minute
const next = T0 + 2 * minute

export function overlapRules(stage: () => Stage): void {
  const claimNext = (overlap: Overlap) =>
    stage()
      .two.at(next)
      .claim([fireOf('a', next, { overlap })])

  describe('while an earlier execution runs', () => {
    it('skip records the reason', async () => {
      const { one } = stage()
      const running = await one.at(first).run('a', first)
      await one.at(next).heartbeat()
      const [claimed] = await claimNext('skip')
      expect(claimed).toMatchObject({ outcome: 'skipped', cause: 'overlap' })
      const [, skipped] = await rowsOf(one.store, 'a')
      expect(skipped).toMatchObject({ status: 'SKIPPED', scheduledFor: next, skipCount: 1, finishedAt: next })
      expect(skipped?.skipReason).toBe(
        `overlap: the execution of 2026-01-01T00:01:00Z (${running.id}) was still running, since 2026-01-01T00:01:00Z`,
      )
    })

    it('queue keeps the newest one waiting', async () => {
      const { one, two } = stage()
      const running = await one.at(first).run('a', first)
      await one.at(next).heartbeat()
      expect(await claimNext('queue')).toMatchObject([{ outcome: 'queued' }])
      const later = next + minute
      await one.at(later).heartbeat()
      expect(await two.at(later).outcomes([fireOf('a', later, { overlap: 'queue' })])).toEqual(['a: queued'])
      expect(await briefly(one.store, 'a')).toEqual(['RUNNING 60', 'SKIPPED 120', 'QUEUED 180'])
      expect((await rowsOf(one.store, 'a'))[1]?.skipReason).toBe(
        'replaced: the fire of 2026-01-01T00:03:00Z took its place',
      )
      expect(await two.taken()).toEqual([])
      await one.end(running)
      expect(await two.taken()).toEqual(['a 180'])
    })

    it('cancel requests its end, and waits for it', async () => {
      const { one, two } = stage()
      const running = await one.at(first).run('a', first)
      await one.at(next).heartbeat()
      expect(await claimNext('cancel')).toMatchObject([{ outcome: 'queued' }])
      expect(await one.store.cancelRequests('node-1')).toEqual([running.id])
      expect(await two.taken()).toEqual([])
      await one.end(running, { kind: 'cancelled', error: failure })
      expect(await two.taken()).toEqual(['a 120'])
    })

    it('allow runs beside it, past the lock', async () => {
      const { one } = stage()
      await one.at(first).run('a', first)
      await one.at(next).heartbeat()
      const claimed = await claimNext('allow')
      expect(claimed).toMatchObject([{ outcome: 'running', execution: { lock: 'bypass' } }])
    })
  })

  describe('while an earlier execution waits to run', () => {
    const waiting = () =>
      stage()
        .one.at(first)
        .claim([fireOf('a', first)], { slots: 0 })

    it('skip records the reason', async () => {
      await waiting()
      const [claimed] = await claimNext('skip')
      expect(claimed).toMatchObject({ outcome: 'skipped' })
      expect(claimed?.outcome === 'skipped' && claimed.reason).toMatch(/was still waiting to run, since 2026/)
    })

    it.each(['queue', 'cancel'] as const)('%s puts the newer one in its place', async (overlap) => {
      await waiting()
      expect(await claimNext(overlap)).toMatchObject([{ outcome: 'running' }])
      expect(await briefly(stage().one.store, 'a')).toEqual(['SKIPPED 60', 'RUNNING 120'])
    })

    it('allow runs at once', async () => {
      await waiting()
      expect(await claimNext('allow')).toMatchObject([{ outcome: 'running' }])
    })
  })

  it('a retry that waits for its delay does not overlap; one whose delay is over does', async () => {
    const { one, two } = stage()
    const running = await one.at(first).run('a', first)
    await one.end(running, { kind: 'retry', error: failure, availableAt: next + 30 * second })
    expect(await claimNext('skip')).toMatchObject([{ outcome: 'running' }])
    const [, second_] = await rowsOf(one.store, 'a')
    if (second_) await two.end(second_)
    const later = next + minute
    expect(await two.at(later).outcomes([fireOf('a', later)])).toEqual(['a: skipped'])
  })

  it('cancel ends a retry that could start', async () => {
    const { one, two } = stage()
    const running = await one.at(first).run('a', first)
    await one.end(running, { kind: 'retry', error: failure, availableAt: first + second })
    expect(await two.at(next).outcomes([fireOf('a', next, { overlap: 'cancel' })])).toEqual(['a: running'])
    expect(await briefly(one.store, 'a')).toEqual(['CANCELLED 60', 'RUNNING 120'])
  })

  it('an execution without a heartbeat does not overlap', async () => {
    const { one, two } = stage()
    await one.at(first).run('a', first)
    expect(await two.at(next).outcomes([fireOf('a', next)])).toEqual(['a: running'])
  })

  it('what bypasses the lock does not overlap with others', async () => {
    const { one, two } = stage()
    await one.at(first).run('a', first, { overlap: 'allow' })
    await one.at(next).heartbeat()
    expect(await two.at(next).outcomes([fireOf('a', next)])).toEqual(['a: running'])
  })

  it('a run by hand overlaps like any other', async () => {
    const { one, two } = stage()
    await one.at(next - second).begin('a')
    expect(await two.at(next).outcomes([fireOf('a', next)])).toEqual(['a: skipped'])
  })

  it('other tenants do not overlap', async () => {
    const { one, two } = stage()
    await one.at(next - second).run('a', next - second, { tenant: 't1' })
    expect(await two.at(next).outcomes([fireOf('a', next, { tenant: 't2' })])).toEqual(['a: running'])
  })

  it('a lock that is retained after a timeout counts as running, until it is freed or its node dies', async () => {
    const { one, two } = stage()
    const running = await one.at(first).run('a', first)
    expect(await one.end(running, { kind: 'failure', error: failure }, { retainLock: true })).toBe(true)
    await one.at(next).heartbeat()
    const [claimed] = await claimNext('skip')
    expect(claimed).toMatchObject({ outcome: 'skipped', cause: 'overlap' })
    expect(await two.begin('a')).toMatchObject({ acquired: false, cause: 'locked', holder: { id: running.id } })
    const third = next + minute
    expect(await two.at(third).outcomes([fireOf('a', third)])).toEqual(['a: running'])
  })

  it('a retained lock that is freed no longer holds, and waiting ones run', async () => {
    const { one, two } = stage()
    const running = await one.at(first).run('a', first)
    await one.end(running, { kind: 'failure', error: failure }, { retainLock: true })
    await one.at(next).heartbeat()
    expect(await claimNext('queue')).toMatchObject([{ outcome: 'queued' }])
    expect(await two.taken()).toEqual([])
    await one.store.freeRetainedLock(running.id)
    expect(await two.taken()).toEqual(['a 120'])
  })
}
