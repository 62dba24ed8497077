import { describe, expect, it } from 'vitest'
import { missingPackages } from '../../../../cli/workspace/installed.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

const installed = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`node_modules/${name}/package.json`, '{}']))

describe('the packages that a workspace misses', () => {
  const messages = async (files: Readonly<Record<string, string>>, env = {}) =>
    (await missingPackages(makeWorkspace({ files }).root, { ...env })).map(({ message }) => message)

  it('are webstir-jobs and the driver of its store', async () => {
    expect(await messages({})).toContain('webstir-jobs is not installed in this workspace')
    expect(await messages(installed('webstir-jobs', 'libsql'))).toEqual([])
    const pg = 'pg, which opens the PostgreSQL store, is not installed in this workspace'
    const withUrl = { ...installed('webstir-jobs'), '.env': 'JOBS_STORE_URL=postgres://host/db\n' }
    expect(await messages(withUrl)).toEqual([pg])
    expect(await messages(installed('webstir-jobs'), { DATABASE_URL: 'postgres://host/db' })).toEqual([pg])
    expect(await messages({ ...withUrl, ...installed('pg') })).toEqual([])
  })

  it('are looked for in the folders above, and left to Yarn where it loads them', async () => {
    const monorepo = makeWorkspace({
      files: { ...installed('webstir-jobs', 'libsql'), 'packages/api/package.json': '{}' },
    })
    expect(await missingPackages(monorepo.path('packages/api'), {})).toEqual([])
    expect(await messages({ '.pnp.cjs': '' })).toEqual([])
  })

  it('are named with what to do, in the words of the package manager', async () => {
    const { root } = makeWorkspace({ files: { 'pnpm-lock.yaml': '', ...installed('libsql') } })
    expect(await missingPackages(root, {})).toEqual([
      { message: 'webstir-jobs is not installed in this workspace', hint: 'pnpm install' },
    ])
  })
})
