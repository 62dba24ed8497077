import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hasEnded, ownIdentity, type ProcessIdentity } from '../../../runtime/support/process-identity.ts'

/** A process that waits, and its identity: this one's but for the start time. */
async function startProcess(own: ProcessIdentity) {
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  const { pid = 0 } = child
  const startedAt = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19] ?? ''
  return { child, pid, identity: { ...own, startedAt } }
}

describe.runIf(process.platform === 'linux')('given a process of this machine', () => {
  const own = ownIdentity()
  if (own === null) throw new Error('Linux tells who this process is')

  it('when it lives, then it has not ended', async () => {
    const { child, pid, identity } = await startProcess(own)
    expect(hasEnded(pid, identity)).toBe(false)
    expect(hasEnded(process.pid, own)).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'exit')
  })

  it('when it was killed, then it has ended', async () => {
    const { child, pid, identity } = await startProcess(own)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(hasEnded(pid, identity)).toBe(true)
  })

  it('when its id belongs to a process that started at another time, then it has ended', async () => {
    expect(hasEnded(process.pid, { ...own, startedAt: '1' })).toBe(true)
  })

  it('when it was killed and its parent has not asked for its end, then it has ended', async () => {
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'])
    const [chunk] = await once(parent.stdout, 'data')
    const pid = Number(String(chunk))
    const startedAt = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19] ?? ''
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => hasEnded(pid, { ...own, startedAt })).toBe(true)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
  })

  it.each([
    ['the machine was started anew', { bootId: 'another' }],
    ['it is of another namespace', { pidNamespace: 'pid:[1]' }],
  ])('when %s, then nothing is certain', (_case, other) => {
    expect(hasEnded(2 ** 22 + 1, { ...own, ...other })).toBe(false)
  })

  it('when nothing is known of it, then nothing is certain', () => {
    expect(hasEnded(2 ** 22 + 1, null)).toBe(false)
  })
})
