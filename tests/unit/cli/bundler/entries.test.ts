import { describe, expect, it } from 'vitest'
import { entryPoints, findEntries, moduleOutputs } from '../../../../cli/bundler/entries.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

describe('what is built', () => {
  it('is each folder of src/backend/jobs with an index, TypeScript before JavaScript', () => {
    const { root } = makeWorkspace({
      files: {
        'src/backend/jobs/b/index.js': '',
        'src/backend/jobs/a/index.ts': '',
        'src/backend/jobs/a/index.js': '',
        'src/backend/jobs/c/index.mjs': '',
        'src/backend/jobs/d/index.tsx': '',
        'src/backend/jobs/empty/readme.md': '',
        'src/backend/jobs/file.ts': '',
      },
    })

    expect([...findEntries(root, undefined).jobs]).toEqual([
      ['a', 'src/backend/jobs/a/index.ts'],
      ['b', 'src/backend/jobs/b/index.js'],
      ['c', 'src/backend/jobs/c/index.mjs'],
      ['d', 'src/backend/jobs/d/index.tsx'],
    ])
  })

  it('is the modules beside them that are there, hooks from where the settings say', () => {
    const { root } = makeWorkspace({
      files: { 'src/backend/tenants.ts': '', 'src/backend/db/connection.ts': '', 'src/backend/jobs/hooks.ts': '' },
    })

    expect(moduleOutputs(findEntries(root, undefined))).toEqual({
      hooks: 'jobs/hooks.js',
      tenants: 'tenants.js',
      database: 'db/connection.js',
      server: null,
    })
    expect(entryPoints(findEntries(root, './src/my-hooks.ts'))).toMatchObject({ 'jobs/hooks': 'src/my-hooks.ts' })
  })

  it('is nothing in a workspace without sources', () => {
    expect(entryPoints(findEntries(makeWorkspace().root, undefined))).toEqual({})
  })
})
