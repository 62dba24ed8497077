import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  executionOf,
  executionRecord,
  findExecution,
  shortIds,
  shownLine,
} from '../../../runtime/operations/executions.ts'
import { openStore } from '../../../runtime/store/open.ts'
import type { Store } from '../../../runtime/store/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'webstir-find-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function runAt(store: Store, now: number, job: string): Promise<string> {
  const started = await store.begin({
    node: 'test',
    now,
    job,
    tenant: '',
    trigger: 'manual',
    scheduleKey: '',
    scheduledFor: now,
    args: [],
    priority: 0,
    maxAttempts: 1,
    recoverLimit: 0,
    parentId: null,
    lock: 'bypass',
    staleBefore: 0,
  })
  if (!started.acquired) throw new Error(started.reason)
  return started.execution.id
}

describe.each(['memory:', `file:${join(folder, 'jobs.sqlite')}`])('an execution in %s', (url) => {
  it('is found by its id, in any case, or by a beginning that only it has', async () => {
    const store = await openStore(url)
    const early = await runAt(store, Date.UTC(2026, 0, 1), 'early')
    const late = await runAt(store, Date.UTC(2026, 5, 1), 'late')
    expect((await findExecution(store, late)).job).toBe('late')
    expect((await findExecution(store, ` ${late.toUpperCase()} `)).job).toBe('late')
    expect((await findExecution(store, early.slice(0, 11))).job).toBe('early')
    await store.close()
  })

  it('is found by the end of its id that tables show, also among those of one tick', async () => {
    const store = await openStore(url)
    const now = Date.UTC(2026, 3, 1)
    const ids = [await runAt(store, now, 'a'), await runAt(store, now, 'b')]
    const [first = '', second = ''] = shortIds(ids)
    expect([first.length, second.length]).toEqual([8, 8])
    expect((await findExecution(store, first)).id).toBe(ids[0])
    expect((await findExecution(store, second.toUpperCase())).id).toBe(ids[1])
    await store.close()
  })

  it("is a job's newest where its name is given, a skip only where there is nothing else", async () => {
    const store = await openStore(url)
    await runAt(store, Date.UTC(2026, 6, 1), 'cafe')
    const newest = await runAt(store, Date.UTC(2026, 6, 2), 'cafe')
    const options = { names: ['cafe'], timezone: 'UTC' }
    expect((await executionOf(store, 'Cafe', options)).id).toBe(newest)
    expect((await executionOf(store, newest.slice(-8), { ...options, names: [] })).id).toBe(newest)
    await expect(executionOf(store, 'never', { ...options, names: ['never'] })).rejects.toMatchObject({
      message: '"never" has not run yet',
      hint: 'run it: webstir run-job never',
    })
    await store.close()
  })

  it('is not guessed at where several begin so', async () => {
    const store = await openStore(url)
    const now = Date.UTC(2026, 2, 1)
    const ids = []
    for (const name of ['a', 'b', 'c', 'd']) ids.push(await runAt(store, now, name))
    const beginning = ids[0]?.slice(0, 9) ?? ''
    await expect(findExecution(store, beginning)).rejects.toMatchObject({
      code: 'EXECUTION_AMBIGUOUS',
      hint: expect.stringMatching(/^give more of it: .+ \(d, 2026-03-01 00:00 UTC\), .+, \.\.\.$/),
    })
    await store.close()
  })

  it.each(['', 'ffffffff', '%', "' or 1=1", 'xyz'])('is not found by "%s"', async (given) => {
    const store = await openStore(url)
    await runAt(store, Date.UTC(2026, 0, 1), 'there')
    await expect(findExecution(store, given)).rejects.toMatchObject({ code: 'EXECUTION_NOT_FOUND' })
    await store.close()
  })
})

it('is not found where there is no store yet', async () => {
  await expect(findExecution(null, 'abc')).rejects.toMatchObject({ code: 'EXECUTION_NOT_FOUND' })
})

describe('the ids in a table', () => {
  it('are their last eight digits, or twelve where those are not unique', () => {
    const id = (end: string) => `019ab3f2-1234-7abc-8def-${end}`
    expect(shortIds([id('0000aaaaaaaa'), id('1111bbbbbbbb'), id('2222aaaaaaaa')])).toEqual([
      '0000aaaaaaaa',
      'bbbbbbbb',
      '2222aaaaaaaa',
    ])
  })
})

describe('what is shown of an execution that an earlier version stored', () => {
  const SECRET = 'hunter2'
  const error = { code: 'X', message: `password: '${SECRET}'`, stack: `at postgres://ann:${SECRET}@db/shop` }

  it('hides the secrets of its error, its progress and its log', async () => {
    const store = await openStore('memory:')
    const stored = await store.execution(await runAt(store, Date.UTC(2026, 0, 1), 'old'))
    if (stored === null) throw new Error('it was not stored')
    const progress = { percent: 5, message: `token=${SECRET}` }
    const shown = executionRecord({ ...stored, error, progress, skipReason: `secret=${SECRET}` }, undefined, [])
    expect(JSON.stringify(shown)).not.toContain(SECRET)
    expect(shown.error).toEqual({
      code: 'X',
      message: `password: '[Redacted]'`,
      stack: 'at postgres://ann:[Redacted]@db/shop',
    })
    const line = { at: 0, level: 'info', message: error.message, data: { apiKey: SECRET, own: SECRET } } as const
    expect(JSON.stringify(shownLine(line, ['own']))).not.toContain(SECRET)
    await store.close()
  })
})
