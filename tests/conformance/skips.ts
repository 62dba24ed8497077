import { describe, expect, it } from 'vitest'
import { day, fireOf, minute, rowsOf, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const disabled = { cause: 'disabled', reason: 'disabled: A_ENABLED=false' } as const
const missed = { cause: 'missed', reason: 'missed: nothing was running' } as const

export function skipRules(stage: () => Stage): void {
  it('a skip of the caller is recorded with its cause', async () => {
    const { one } = stage()
    const [claimed] = await one.at(T0 + minute).claim([fireOf('a', T0 + minute, { skip: disabled })])
    expect(claimed).toMatchObject({ outcome: 'skipped', cause: 'disabled', reason: 'disabled: A_ENABLED=false' })
    expect(await rowsOf(one.store, 'a')).toMatchObject([
      { status: 'SKIPPED', skipReason: 'disabled: A_ENABLED=false', skipCount: 1, skippedUntil: T0 + minute },
    ])
  })

  it('skips in a row for one cause share a row that counts them', async () => {
    const { one, two } = stage()
    for (let n = 1; n <= 4; n++) {
      const node = n % 2 === 0 ? two : one
      await node.at(T0 + n * minute).claim([fireOf('a', T0 + n * minute, { skip: disabled })])
    }
    expect(await rowsOf(one.store, 'a')).toMatchObject([
      { scheduledFor: T0 + minute, skipCount: 4, skippedUntil: T0 + 4 * minute, finishedAt: T0 + 4 * minute },
    ])
  })

  it('skips within one claim share a row too, and it counts as many fires as there were', async () => {
    const { one } = stage()
    const fires = [
      fireOf('a', T0 + 40 * minute, { skip: missed, count: 40, from: T0 + minute }),
      fireOf('a', T0 + 42 * minute, { skip: missed, count: 2, from: T0 + 41 * minute }),
    ]
    await one.at(T0 + 45 * minute).claim(fires)
    expect(await rowsOf(one.store, 'a')).toMatchObject([
      { scheduledFor: T0 + minute, skipCount: 42, skippedUntil: T0 + 42 * minute },
    ])
  })

  it('another cause, another tenant or a run in between begins a new row', async () => {
    const { one } = stage()
    const skip = (n: number, overrides: Parameters<typeof fireOf>[2]) =>
      one.at(T0 + n * minute).claim([fireOf('a', T0 + n * minute, overrides)])
    await skip(1, { skip: disabled })
    await skip(2, { skip: missed })
    await skip(3, { skip: missed, tenant: 't' })
    await skip(4, { skip: missed })
    await one.end(await one.at(T0 + 5 * minute).run('a', T0 + 5 * minute))
    await skip(6, { skip: missed })
    const rows = await rowsOf(one.store, 'a')
    expect(rows.map(({ status, skipCount, tenant }) => `${status} ${skipCount}${tenant}`)).toEqual([
      'SKIPPED 1',
      'SKIPPED 2',
      'SKIPPED 1t',
      'SUCCESS 0',
      'SKIPPED 1',
    ])
  })

  it('a fire that no watermark covers is counted once', async () => {
    const { one, two } = stage()
    const fires = [1, 2, 3].map((n) => fireOf('a', T0 + n * minute, { skip: missed }))
    await one.at(T0 + 5 * minute).claim(fires)
    const again = await two.at(T0 + 5 * minute).outcomes(fires)
    expect(again).toEqual(['a: already-claimed', 'a: already-claimed', 'a: already-claimed'])
    expect(await rowsOf(one.store, 'a')).toMatchObject([{ skipCount: 3 }])
  })

  describe('of a paused job', () => {
    it('its fires are skipped while it is paused, with who and why', async () => {
      const { one, two } = stage()
      await one.store.pause('a', 'ann', 'moving house', T0)
      const [claimed] = await two.at(T0 + minute).claim([fireOf('a', T0 + minute), fireOf('b', T0 + minute)])
      expect(claimed).toMatchObject({
        outcome: 'skipped',
        cause: 'paused',
        reason: 'paused: by ann, because: moving house',
      })
      expect(await two.store.pauses()).toEqual([
        {
          scope: 'job',
          job: 'a',
          paused: true,
          since: T0,
          until: null,
          drain: false,
          by: 'ann',
          reason: 'moving house',
        },
      ])
    })

    it('runs again once it is resumed', async () => {
      const { one } = stage()
      await one.store.pause('a', 'ann', null, T0)
      await one.store.resume('a', T0 + minute)
      expect(await one.store.pauses()).toEqual([])
      expect(await one.at(T0 + 2 * minute).outcomes([fireOf('a', T0 + 2 * minute)])).toEqual(['a: running'])
    })

    it('fires missed while it was paused are never caught up, also after several pauses', async () => {
      const { one, two } = stage()
      for (const n of [10, 30]) {
        await one.store.pause('a', 'ann', null, T0 + n * minute)
        await one.store.pause('a', 'bob', 'again', T0 + (n + 1) * minute)
        await one.store.resume('a', T0 + (n + 5) * minute)
      }
      const instants = [5, 10, 14, 15, 20, 32, 35, 40]
      const fires = instants.map((n) => fireOf('a', T0 + n * minute, { trigger: 'catch-up', overlap: 'allow' }))
      const claimed = await two.at(T0 + 60 * minute).claim(fires)
      const skipped = claimed.filter(({ outcome }) => outcome === 'skipped')
      expect(skipped.map(({ fire }) => (fire.scheduledFor - T0) / minute)).toEqual([10, 14, 32])
      expect(skipped[0]).toMatchObject({ cause: 'paused' })
    })

    it('pauses that are long over are forgotten', async () => {
      const { one } = stage()
      await one.store.pause('a', 'ann', null, T0)
      await one.store.resume('a', T0 + minute)
      await one.store.pause('a', 'ann', null, T0 + 400 * day)
      await one.store.resume('a', T0 + 400 * day + minute)
      const old = fireOf('a', T0 + 30_000, { trigger: 'catch-up' })
      expect(await one.at(T0 + 401 * day).outcomes([old])).toEqual(['a: running'])
    })

    it('resuming what is not paused, and pausing twice, change nothing', async () => {
      const { one } = stage()
      await one.store.resume('a', T0)
      await one.store.pause('a', 'ann', null, T0)
      await one.store.pause('a', 'ann', null, T0 + minute)
      expect(await one.store.pauses()).toMatchObject([{ since: T0 }])
    })

    it('a run by hand is not stopped by it', async () => {
      const { one } = stage()
      await one.store.pause('a', 'ann', null, T0)
      expect(await one.begin('a')).toMatchObject({ acquired: true })
    })
  })
}
