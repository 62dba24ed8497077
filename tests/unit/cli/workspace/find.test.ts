import { describe, expect, it } from 'vitest'
import { findWorkspace } from '../../../../cli/workspace/find.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

describe('finding the workspace', () => {
  it('goes upward to the nearest package.json that has webstir', () => {
    const outer = makeWorkspace({
      files: { 'packages/app/package.json': '{ "name": "app" }', 'packages/app/src/deep/file.ts': '' },
    })
    expect(findWorkspace(undefined, outer.path('packages/app/src/deep'))).toBe(outer.root)
  })

  it('takes one whose JSON is broken, so that the command can say where', () => {
    const outer = makeWorkspace({ files: { 'inner/package.json': '{ "webstir": { "module": ' } })
    expect(findWorkspace(undefined, outer.path('inner'))).toBe(outer.path('inner'))
  })

  it('passes by a package.json that only mentions the word', () => {
    const outer = makeWorkspace({ files: { 'inner/package.json': '{ "keywords": ["webstir"] }' } })
    expect(findWorkspace(undefined, outer.path('inner'))).toBe(outer.root)
  })

  it('takes the given folder as it is, relative to the current one', () => {
    const { root } = makeWorkspace()
    expect(findWorkspace('.', root)).toBe(root)
    expect(() => findWorkspace('nowhere', root)).toThrow('there is no such folder')
  })

  it('says what to do where there is none', () => {
    const { root } = makeWorkspace({ packageJson: null })
    expect(() => findWorkspace(undefined, root)).toThrow('is in no workspace')
  })
})
