import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLog } from '../../../runtime/logging/logger.ts'
import { fileMode, reportExposure } from '../../../runtime/store/file-access.ts'
import { openStore } from '../../../runtime/store/open.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'webstir-modes-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const modeOf = (path: string): string => (statSync(join(folder, path)).mode & 0o777).toString(8)

/** Opens the store, writes to it, and tells the modes of all its files while it is open. */
async function modesOfStore(path: string, env: Record<string, string> = {}): Promise<Record<string, string>> {
  const store = await openStore(`file:./${path}`, { workspace: folder, env })
  await store.pause('a', 'ann', null, 0)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const modes = Object.fromEntries(names.map((name) => [name, modeOf(name)]))
  await store.close()
  return modes
}

describe('the files of a new store', () => {
  it('are for their owner alone, those that SQLite makes beside them included', async () => {
    expect(await modesOfStore('data/deep/jobs.sqlite')).toEqual({
      data: '700',
      'data/deep': '700',
      'data/deep/jobs.sqlite': '600',
      'data/deep/jobs.sqlite-wal': '600',
      'data/deep/jobs.sqlite-shm': '600',
    })
  })

  it('are for a group where JOBS_STORE_MODE says so, whatever the umask is', async () => {
    expect(await modesOfStore('data/jobs.sqlite', { JOBS_STORE_MODE: '0660' })).toEqual({
      data: '770',
      'data/jobs.sqlite': '660',
      'data/jobs.sqlite-wal': '660',
      'data/jobs.sqlite-shm': '660',
    })
  })

  it('leave a folder and a file that are there as they are', async () => {
    mkdirSync(join(folder, 'data'))
    chmodSync(join(folder, 'data'), 0o755)
    writeFileSync(join(folder, 'data/jobs.sqlite'), '', { mode: 0o644 })
    chmodSync(join(folder, 'data/jobs.sqlite'), 0o644)

    const modes = await modesOfStore('data/jobs.sqlite')

    expect([modes.data, modes['data/jobs.sqlite']]).toEqual(['755', '644'])
  })
})

describe('what is open to others', () => {
  const reported = (): { level: string; msg: string }[] => {
    const lines: string[] = []
    const log = openLog({ level: 'info', destination: { write: (line) => void lines.push(line) } })
    reportExposure({ target: `file:${join(folder, 'data/jobs.sqlite')}` }, log.root, {})
    return lines.map((line) => JSON.parse(line))
  }

  it('is reported: a file as a warning, a folder quietly, what we made not at all', async () => {
    await modesOfStore('data/jobs.sqlite')
    expect(reported()).toEqual([])

    chmodSync(join(folder, 'data'), 0o755)
    expect(reported()).toMatchObject([
      { level: 'info', msg: expect.stringMatching(/data has the mode 0755 \(chmod 700/) },
    ])

    chmodSync(join(folder, 'data/jobs.sqlite'), 0o644)
    expect(reported()).toMatchObject([{ level: 'warn', msg: expect.stringMatching(/mode 0644 \(chmod 600/) }])
  })
})

describe('JOBS_STORE_MODE', () => {
  it.each([
    ['', 0o600],
    ['0660', 0o660],
    ['640', 0o640],
    ['0o660', 0o660],
  ])('is read where it is "%s"', (text, mode) => {
    expect(fileMode({ JOBS_STORE_MODE: text })).toBe(mode)
  })

  it.each(['0400', '0777', '0060', 'rw-rw----', '99', '06600'])('is refused: "%s"', (text) => {
    expect(() => fileMode({ JOBS_STORE_MODE: text })).toThrow(expect.objectContaining({ code: 'STORE_MODE' }))
  })
})
