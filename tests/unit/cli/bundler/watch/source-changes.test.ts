import { rmSync, utimesSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FileStamps } from '../../../../../cli/bundler/watch/source-changes.ts'
import { makeWorkspace } from '../../../../support/workspace.ts'

const LATER = Number.POSITIVE_INFINITY

describe('remembered files', () => {
  it('have changed when their size or time has, and only once', () => {
    const workspace = makeWorkspace({ files: { a: '1', b: '1', c: '1' } })
    const stamps = new FileStamps(workspace.root)
    stamps.add(['a', 'b', 'c'], LATER)

    workspace.write('a', '22')
    utimesSync(workspace.path('b'), 1, 1)

    expect(stamps.changes()).toEqual(new Set(['a', 'b']))
    expect(stamps.changes()).toEqual(new Set())
  })

  it('have changed when they came or went', () => {
    const workspace = makeWorkspace({ files: { a: '1' } })
    const stamps = new FileStamps(workspace.root)
    stamps.add(['a', 'b'], LATER)

    rmSync(workspace.path('a'))
    workspace.write('b', '1')

    expect(stamps.changes()).toEqual(new Set(['a', 'b']))
  })

  it('count as changed where they were written while they were being read', () => {
    const workspace = makeWorkspace({ files: { a: '1' } })
    const stamps = new FileStamps(workspace.root)

    expect(stamps.add(['a'], 0)).toBe(true)
    expect(stamps.add(['a'], 0)).toBe(false)
    expect(stamps.changes()).toEqual(new Set(['a']))
  })
})
