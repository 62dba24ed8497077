import { existsSync, statSync } from 'node:fs'
import { platform } from 'node:os'
import { expect, it } from 'vitest'
import { makeFolders } from '../../../runtime/support/folders.ts'
import { makeWorkspace } from '../../support/workspace.ts'

it('a folder is made with those above it, and the outermost new one is returned', () => {
  const { path } = makeWorkspace({ packageJson: null })
  expect(makeFolders(path('a/b/c'), 0o700)).toBe(path('a'))
  expect(statSync(path('a/b/c')).isDirectory()).toBe(true)
  expect(makeFolders(path('a/b/d'))).toBe(path('a/b/d'))
  expect(makeFolders(path('a/b/c'))).toBeUndefined()
})

it('a file in the place of a folder is an error', () => {
  const { path, write } = makeWorkspace({ packageJson: null })
  write('a', 'text')
  expect(() => makeFolders(path('a'))).toThrow(/EEXIST|ENOTDIR/)
  expect(() => makeFolders(path('a/b'))).toThrow(/ENOTDIR|EEXIST|ENOENT/)
})

it.runIf(platform() === 'linux')('a folder below /proc is refused, not waited for', () => {
  expect(() => makeFolders('/proc/x/y')).toThrow(/ENOENT|EPERM|EACCES/)
  expect(existsSync('/proc/x')).toBe(false)
})
