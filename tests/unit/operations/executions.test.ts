import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findExecution } from '../../../runtime/operations/executions.ts'
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
