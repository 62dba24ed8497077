import { describe, expect, it } from 'vitest'
import { minute, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + minute
const schedule = { expression: 'rate(1 hour)', timezone: 'UTC', args: [], origin: 'manifest' } as const
const registered = (job: string, watermark: number, anchor: number | null) => ({
  ...schedule,
  key: `key of ${job}`,
  job,
  watermark,
  anchor,
})
const rename = {
  from: 'old',
  to: 'new',
  schedules: [{ ...schedule, key: 'key of new', formerKey: 'key of old' }],
  now: at,
}

export function renamingRules(stage: () => Stage): void {
  describe('renaming a job', () => {
    it('moves watermark, anchor and pause, and leaves the history under the old name', async () => {
      const { one, two } = stage()
      await one.store.registerSchedules([registered('old', T0, T0 - 7)], { now: T0, retireOthers: false })
      await one.store.pause('old', 'ann', 'moving', T0)
      expect(await one.store.renameJob(rename)).toBeNull()
      // What is given here would count for a new key only.
      const [state] = await two.store.registerSchedules([registered('new', at, at)], { now: at, retireOthers: false })
      expect(state).toEqual({ key: 'key of new', job: 'new', watermark: T0, anchor: T0 - 7 })
      expect(await two.store.pauses()).toEqual([
        { scope: 'job', job: 'new', paused: true, since: T0, until: null, drain: false, by: 'ann', reason: 'moving' },
      ])
      expect((await two.store.scheduleTexts()).get('key of old')?.retired).toBe(true)
    })

    it('moves nothing while an execution runs, and says which', async () => {
      const { one, two } = stage()
      await one.store.registerSchedules([registered('old', T0, null)], { now: T0, retireOthers: false })
      const running = await one.at(at).run('old', at)
      await one.store.pause('old', 'ann', null, at)
      expect(await two.store.renameJob(rename)).toMatchObject({ id: running.id, status: 'RUNNING' })
      expect(await two.store.pauses()).toMatchObject([{ job: 'old' }])
      expect((await two.store.scheduleTexts()).get('key of old')?.retired).toBe(false)
    })

    it('can be repeated, and leaves the mark of a scheduler that knows the new name already', async () => {
      const { one } = stage()
      await one.store.registerSchedules([registered('old', T0, null)], { now: T0, retireOthers: false })
      await one.store.registerSchedules([registered('new', at, null)], { now: at, retireOthers: false })
      expect(await one.store.renameJob(rename)).toBeNull()
      expect(await one.store.renameJob(rename)).toBeNull()
      const [state] = await one.store.registerSchedules([registered('new', 0, null)], { now: at, retireOthers: false })
      expect(state?.watermark).toBe(at)
    })
  })
}
