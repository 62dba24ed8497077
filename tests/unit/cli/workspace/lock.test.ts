import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { withWorkspaceLock } from '../../../../cli/workspace/lock.ts'
import { nextTurn } from '../../../../runtime/support/clock.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

const LOCK = '.webstir.lock'
const holder = (pid: number, host = hostname()): string => JSON.stringify({ host, pid, token: 'theirs' })
const deadProcess = (): number => Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }))

describe('the lock of a workspace', () => {
  it('lets one in at a time, and leaves nothing behind', async () => {
    const { root } = makeWorkspace({ packageJson: null })
    let inside = 0
    const enter = () =>
      withWorkspaceLock(root, async () => {
        expect(++inside).toBe(1)
        await nextTurn()
        inside--
      })
    await Promise.all(Array.from({ length: 20 }, enter))
    expect(readdirSync(root)).toEqual([])
  })

  it('is given back when the work fails', async () => {
    const { root } = makeWorkspace({ packageJson: null })
    await expect(withWorkspaceLock(root, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(readdirSync(root)).toEqual([])
  })

  it('is taken from a process that is gone, by one of those who wait', async () => {
    const { root, path } = makeWorkspace({ packageJson: null })
    writeFileSync(path(LOCK), holder(deadProcess()))
    const order: number[] = []
    await Promise.all([1, 2, 3].map((each) => withWorkspaceLock(root, () => void order.push(each))))
    expect(order.sort()).toEqual([1, 2, 3])
    expect(readdirSync(root)).toEqual([])
  })

  it('is taken from another host, or from a text that was cut off, when it is old', async () => {
    for (const text of [holder(1, 'elsewhere'), '']) {
      const { root, path } = makeWorkspace({ packageJson: null })
      writeFileSync(path(LOCK), text)
      const longAgo = Date.now() / 1000 - 60
      utimesSync(path(LOCK), longAgo, longAgo)
      await withWorkspaceLock(root, () => {})
      expect(readdirSync(root)).toEqual([])
    }
  })

  it('is not taken from one that lives; after a minute that is an error which names the file', async () => {
    const { root, path } = makeWorkspace({ packageJson: null })
    writeFileSync(path(LOCK), holder(process.pid))
    const start = Date.now()
    let now = start
    const clock = {
      now: () => now,
      after(milliseconds: number, ring: () => void) {
        // Well below the age at which the file itself would count as stale.
        now += milliseconds * 100
        utimesSync(path(LOCK), now / 1000, now / 1000)
        setImmediate(ring)
        return { cancel: () => {} }
      },
    }
    await expect(withWorkspaceLock(root, () => {}, clock)).rejects.toMatchObject({
      code: 'WORKSPACE_BUSY',
      message: expect.stringContaining(path(LOCK)),
    })
    expect(existsSync(path(LOCK))).toBe(true)
  })
})
