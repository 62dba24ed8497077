import { describe, expect, it } from 'vitest'
import type { LogLine } from '../../runtime/store/execution.ts'
import { failure, fireOf, minute, rowsOf, second, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + minute

export function recordRules(stage: () => Stage): void {
  const lines = (count: number, message = 'line'): LogLine[] =>
    Array.from({ length: count }, (_, n) => ({ at: at + n, level: 'info', message: `${message} ${n}`, data: null }))

  describe('the log', () => {
    it('is kept in order, with its fields, and read from any line on', async () => {
      const { one, two } = stage()
      const { id } = await one.at(at).run('a', at)
      await one.store.appendLog(id, 1, [{ at, level: 'warn', message: 'hm „ü“', data: { n: 1, deep: [true, null] } }])
      await one.store.appendLog(id, 1, lines(2))
      expect(await two.store.logLines(id)).toEqual([
        { at, level: 'warn', message: 'hm „ü“', data: { n: 1, deep: [true, null] } },
        ...lines(2),
      ])
      expect((await two.store.logLines(id, 2)).map(({ message }) => message)).toEqual(['line 1'])
      await one.store.appendLog(id, 1, [])
    })

    it('keeps 1,000 lines, the last of them saying how many were cut', async () => {
      const { one } = stage()
      const { id } = await one.at(at).run('a', at)
      await one.store.appendLog(id, 1, lines(995))
      await one.store.appendLog(id, 1, lines(10))
      await one.store.appendLog(id, 1, lines(100))
      const kept = await one.store.logLines(id)
      expect(kept).toHaveLength(1000)
      expect(kept.at(-1)?.message).toBe('... 106 further lines were cut')
      expect(kept.at(-2)?.message).toBe('line 3')
    })

    it('keeps at most 256 KB', async () => {
      const { one } = stage()
      const { id } = await one.at(at).run('a', at)
      await one.store.appendLog(id, 1, lines(40, 'x'.repeat(10_000)))
      const kept = await one.store.logLines(id)
      expect(kept.at(-1)?.message).toMatch(/^\.\.\. 1\d further lines were cut$/)
      expect(kept.reduce((sum, { message }) => sum + message.length, 0)).toBeLessThan(257 * 1024)
    })
  })

  it('keeps the newest progress', async () => {
    const { one, two } = stage()
    const { id } = await one.at(at).run('a', at)
    await one.store.setProgress(id, 12.5, 'warming up')
    expect(await two.store.execution(id)).toMatchObject({ progress: { percent: 12.5, message: 'warming up' } })
    await one.store.setProgress(id, 99, null)
    expect(await two.store.execution(id)).toMatchObject({ progress: { percent: 99, message: null } })
  })

  it('half a character and a NUL in a text do no harm: it is read without them', async () => {
    const { one, two } = stage()
    const odd = 'cut \ud83d, \0 and whole \u{1f600}'
    const execution = await one.at(at).run('a', at)
    const { id } = execution
    await one.store.appendLog(id, 1, [{ at, level: 'info', message: odd, data: { odd } }])
    await one.store.setProgress(id, 50, odd)
    await one.end(execution, { kind: 'failure', error: { code: 'ERROR', message: odd, stack: odd } })
    const [line] = await two.store.logLines(id)
    const read = await two.store.execution(id)
    for (const text of [line?.message, read?.progress?.message, read?.error?.message, read?.error?.stack]) {
      expect(text).toMatch(/^cut ., . and whole \u{1f600}$/su)
    }
  })

  it('an execution is read as it was written, to the last digit and quote', async () => {
    const { one, two } = stage()
    const args = ['"quoted" \\ „ü“ 😀\n', 100 / 3, null, { deep: [true] }]
    const start = await one.at(at).begin('a "b"', { priority: 0.1 + 0.2, args, tenant: "t'\\" })
    if (!start.acquired) throw new Error(start.reason)
    const message = 'a third, "so far"\n'
    await one.store.setProgress(start.execution.id, 100 / 3, message)
    const progress = { percent: 100 / 3, message }
    expect(await two.store.execution(start.execution.id)).toEqual({ ...start.execution, progress })
  })

  describe('the history', () => {
    it('is listed newest first, by what is asked for', async () => {
      const { one } = stage()
      for (let n = 1; n <= 5; n++) {
        const run = await one.at(T0 + n * minute).run('a', T0 + n * minute)
        await one.end(run, n % 2 === 0 ? { kind: 'failure', error: failure } : { kind: 'success' })
      }
      await one.run('b', T0 + 5 * minute, { tenant: 't' })
      const found = async (filter: Parameters<typeof one.store.executions>[0]) =>
        (await one.store.executions(filter)).map(({ job, scheduledFor }) => `${job}${(scheduledFor - T0) / minute}`)
      expect(await found({ jobs: ['a'] })).toEqual(['a5', 'a4', 'a3', 'a2', 'a1'])
      expect(await found({ limit: 2 })).toEqual(['b5', 'a5'])
      expect(await found({ statuses: ['FAILURE'] })).toEqual(['a4', 'a2'])
      expect(await found({ jobs: ['a', 'b'], statuses: ['SUCCESS', 'RUNNING'], since: T0 + 3 * minute })).toEqual([
        'b5',
        'a5',
        'a3',
      ])
      expect(await found({ until: T0 + 2 * minute })).toEqual(['a2', 'a1'])
      expect(await found({ tenant: 't' })).toEqual(['b5'])
      expect(await found({ jobs: [] })).toEqual([])
      expect(await found({ parentId: 'nobody' })).toEqual([])
    })

    it('children are found by their parent, one by the beginning of its id', async () => {
      const { one } = stage()
      const parent = await one.at(at).run('a', at)
      const child = await one.begin('b', { parentId: parent.id, trigger: 'code' })
      expect(await one.store.executions({ parentId: parent.id })).toMatchObject([{ job: 'b', trigger: 'code' }])
      if (!child.acquired) throw new Error('b did not begin')
      const found = await one.store.executions({ idPrefix: child.execution.id.slice(0, 23) })
      expect(found.map(({ id }) => id)).toContain(child.execution.id)
      expect(await one.store.executions({ idPrefix: 'ffffffff' })).toEqual([])
      const byEnd = await one.store.executions({ idSuffix: child.execution.id.slice(-8) })
      expect(byEnd.map(({ id }) => id)).toEqual([child.execution.id])
      expect(await one.store.executions({ idSuffix: child.execution.id.slice(0, 8) })).toEqual([])
    })

    it('returns copies that callers may change', async () => {
      const { one } = stage()
      const { id } = await one.at(at).run('a', at, { args: [{ deep: 1 }] })
      const [copy] = await rowsOf(one.store, 'a')
      Object.assign(copy?.args[0] ?? {}, { deep: 2 })
      expect(await one.store.execution(id)).toMatchObject({ args: [{ deep: 1 }] })
    })
  })

  describe('pruning', () => {
    it('deletes what finished long ago, in batches, with its attempts and log', async () => {
      const { one } = stage()
      const ids: string[] = []
      for (let n = 1; n <= 5; n++) {
        const run = await one.at(T0 + n * minute).run('a', T0 + n * minute)
        await one.store.appendLog(run.id, 1, lines(2))
        await one.end(run)
        ids.push(run.id)
      }
      const request = { finishedBefore: T0 + 4 * minute, maxPerJob: 100, batch: 2 }
      expect([await one.store.prune(request), await one.store.prune(request), await one.store.prune(request)]).toEqual([
        2, 1, 0,
      ])
      expect((await rowsOf(one.store, 'a')).map(({ id }) => id)).toEqual(ids.slice(3))
      expect(await one.store.logLines(ids[0] ?? '')).toEqual([])
      expect(await one.store.attempts(ids[0] ?? '')).toEqual([])
      expect(await one.store.logLines(ids[4] ?? '')).toHaveLength(2)
    })

    it('keeps the newest of each job, and never what is open', async () => {
      const { one } = stage()
      for (let n = 1; n <= 6; n++) {
        for (const job of ['a', 'b']) await one.end(await one.at(T0 + n * second).run(job, T0 + n * second))
      }
      await one.at(T0 + second).claim([fireOf('c', T0 + second), fireOf('c', T0)], { slots: 1 })
      const request = { finishedBefore: 0, maxPerJob: 2, batch: 100 }
      expect(await one.store.prune(request)).toBe(8)
      expect(await rowsOf(one.store, 'b')).toHaveLength(2)
      expect((await rowsOf(one.store, 'c')).map(({ status }) => status)).toEqual(['RUNNING', 'QUEUED'])
    })

    it('finds what has ended since it looked last, and deletes in portions of any size', async () => {
      const { one } = stage()
      const request = { finishedBefore: 0, maxPerJob: 1, batch: 2 }
      const prunedOf = async (): Promise<number[]> => {
        const counts: number[] = []
        do counts.push(await one.store.prune(request))
        while (counts.at(-1) === request.batch)
        return counts
      }
      for (const n of [1, 2, 3]) await one.end(await one.at(T0 + n * second).run('a', T0 + n * second))
      expect(await prunedOf()).toEqual([2, 0])
      expect(await prunedOf()).toEqual([0])
      for (const n of [4, 5, 6]) {
        const parent = await one.at(T0 + n * second).run('b', T0 + n * second)
        const tenants = ['t1', 't2', 't3'].map((tenant) =>
          fireOf('b', parent.scheduledFor, { tenant, parentId: parent.id }),
        )
        for (const child of await one.claim(tenants)) if (child.outcome === 'running') await one.end(child.execution)
        await one.end(parent)
      }
      expect((await prunedOf()).reduce((sum, count) => sum + count)).toBe(8)
      expect(await rowsOf(one.store, 'b')).toHaveLength(4)
      expect(await rowsOf(one.store, 'a')).toHaveLength(1)
    })
  })

  it('a store that is closed says so, and closing twice is safe', async () => {
    const { one } = stage()
    await one.store.close()
    await one.store.close()
    await expect(one.store.nodes()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })
}
