import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../runtime/store/open.ts'
import { makeWorkspace, plainEnvironment, type Workspace } from '../support/workspace.ts'

let workspace: Workspace
let url: string
beforeEach(() => {
  workspace = makeWorkspace({ linked: true })
  url = `file:${workspace.path('jobs.sqlite')}`
})

/** Runs a script of a workspace that takes the lock; it has `lock`, `store` and `say` at hand. */
function take(body: string) {
  workspace.write(
    'take.mjs',
    `import { acquireJobLock, openStore } from 'webstir-jobs'
     const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n')
     const store = await openStore(${JSON.stringify(url)})
     const lock = await acquireJobLock(store, 'report', { staleAfter: '1s' })
     say({ acquired: lock.acquired, id: lock.execution?.id })
     ${body}`,
  )
  return spawn(process.execPath, [workspace.path('take.mjs')], {
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function firstLine(child: ReturnType<typeof take>): Promise<{ acquired: boolean; id: string }> {
  const [chunk] = await once(child.stdout, 'data')
  return JSON.parse(String(chunk).split('\n')[0] ?? '')
}

async function statusOf(id: string) {
  const store = await openStore(url)
  try {
    return await store.execution(id)
  } finally {
    await store.close()
  }
}

describe('an execution is never left RUNNING', () => {
  it('code that forgets to end it: the end of the process does', async () => {
    const child = take('')
    const { id } = await firstLine(child)
    expect(await once(child, 'close')).toEqual([0, null])
    expect(await statusOf(id)).toMatchObject({ status: 'FAILURE', error: { code: 'FORGOTTEN' } })
  })

  it('a process that is killed: the lock is free after staleAfter, and a scheduler records it as STALE', async () => {
    const child = take('setInterval(() => {}, 1000)')
    const { id } = await firstLine(child)
    child.kill('SIGKILL')
    await once(child, 'close')
    const store = await openStore(url)
    const died = (await store.execution(id))?.heartbeatAt ?? 0
    const later = died + 1001
    expect(await store.recover({ now: later, staleBefore: later - 1000 })).toMatchObject({
      stale: [{ id, status: 'STALE' }],
    })
    await store.close()
  })

  it('a process that blocks its event loop sends heartbeats, and keeps the lock', async () => {
    const child = take(`const until = Date.now() + 3500
      while (Date.now() < until);
      await lock.execution.succeed()
      say('done')`)
    const { id } = await firstLine(child)
    const store = await openStore(url)
    const first = (await store.execution(id))?.heartbeatAt ?? 0
    const closed = once(child, 'close')
    // An ended execution has no heartbeat: what is read here was written while the loop was blocked.
    await expect
      .poll(async () => (await store.execution(id))?.heartbeatAt ?? 0, { timeout: 3500, interval: 50 })
      .toBeGreaterThan(first + 1000)
    await closed
    expect((await store.execution(id))?.status).toBe('SUCCESS')
    await store.close()
  })
})
