import { existsSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { keepEarlierFiles } from '../../../../cli/bundler/earlier-files.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

const DAY = 86_400_000

it('keeps what is named after its content, and nothing else', () => {
  const workspace = makeWorkspace({
    files: {
      'old/chunks/helper-AAAAAAA2.js': 'old helper',
      'old/chunks/same-BBBBBBB2.js': 'same',
      'old/webstir/sqlite-CCCCCCC2.js': 'old driver',
      'old/jobs/gone/index.js': 'gone',
      'new/chunks/helper-DDDDDDD2.js': 'new helper',
      'new/chunks/same-BBBBBBB2.js': 'same',
    },
  })

  keepEarlierFiles(workspace.path('old'), workspace.path('new'), 0)

  expect(readdirSync(workspace.path('new/chunks')).sort()).toEqual([
    'helper-AAAAAAA2.js',
    'helper-DDDDDDD2.js',
    'same-BBBBBBB2.js',
  ])
  expect(workspace.read('new/webstir/sqlite-CCCCCCC2.js')).toBe('old driver')
  expect(existsSync(workspace.path('new/jobs/gone'))).toBe(false)
})

it('keeps it through further builds for 30 days from the first that no longer makes it', () => {
  const workspace = makeWorkspace({ files: { 'one/chunks/helper-AAAAAAA2.js': '' } })
  const keep = (before: string, staged: string, now: number): boolean => {
    keepEarlierFiles(workspace.path(before), workspace.path(staged), now)
    return existsSync(workspace.path(`${staged}/chunks/helper-AAAAAAA2.js`))
  }

  expect(keep('one', 'two', 100 * DAY)).toBe(true)
  expect(keep('two', 'three', 129 * DAY)).toBe(true)
  expect(keep('three', 'four', 130 * DAY)).toBe(false)
})

it('keeps no more than a thousand, the newest', () => {
  const files = Object.fromEntries(
    Array.from({ length: 1001 }, (_, index) => [`one/chunks/x-${String(index).padStart(8, '0')}.js`, '']),
  )
  const record = JSON.stringify({ 'chunks/x-00000500.js': 1 })
  const workspace = makeWorkspace({ files: { ...files, 'one/webstir/earlier.json': record } })

  keepEarlierFiles(workspace.path('one'), workspace.path('two'), 2)

  const kept = readdirSync(workspace.path('two/chunks'))
  expect(kept).toHaveLength(1000)
  expect(kept).not.toContain('x-00000500.js')
})
