import { readdirSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { discard, publish, publishFiles, stagingFolder } from '../../../../cli/bundler/publish.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

function workspaceWithRuntime() {
  const workspace = makeWorkspace({ files: { 'runtime/scheduler.js': 'runtime', 'runtime/chunk.js': 'chunk' } })
  const runtime = { folder: workspace.path('runtime'), names: ['scheduler.js', 'chunk.js'], stamp: 'x' }
  return { workspace, runtime }
}

describe('putting a build in place', () => {
  it('brings the runtime along, and what is no longer built vanishes', async () => {
    const { workspace, runtime } = workspaceWithRuntime()
    await publish(workspace.root, stagingFolder(workspace.root), new Map([['jobs/old/index.js', 'old']]), runtime)

    await publish(workspace.root, stagingFolder(workspace.root), new Map([['jobs/new/index.js', 'new']]), runtime)

    expect(readdirSync(workspace.path('build/backend/jobs'))).toEqual(['new', 'scheduler.js'])
    expect(workspace.read('build/backend/jobs/scheduler.js')).toBe('runtime')
    expect(readdirSync(workspace.path('build/backend/webstir'))).toEqual(['chunk.js'])
    expect(readdirSync(workspace.path('build'))).toEqual(['backend'])
  })

  it('leaves the build before in place when it fails, and nothing beside it once that is discarded', async () => {
    const { workspace, runtime } = workspaceWithRuntime()
    await publish(workspace.root, stagingFolder(workspace.root), new Map([['jobs/good/index.js', 'good']]), runtime)
    const broken = { ...runtime, names: ['missing.js'] }
    const staged = stagingFolder(workspace.root)

    const publishing = publish(workspace.root, staged, new Map([['jobs/bad/index.js', 'bad']]), broken)
    await expect(publishing).rejects.toThrow('missing.js')
    discard(staged)

    expect(workspace.read('build/backend/jobs/good/index.js')).toBe('good')
    expect(readdirSync(workspace.path('build'))).toEqual(['backend'])
  })

  it('makes folders that others may read: the build may run as another user', async () => {
    const { workspace, runtime } = workspaceWithRuntime()
    await publish(workspace.root, stagingFolder(workspace.root), new Map([['jobs/a/index.js', '']]), runtime)

    const expected = 0o777 & ~process.umask()
    expect(statSync(workspace.path('build/backend')).mode & 0o777).toBe(expected)
  })

  it('replaces single files whole', async () => {
    const { workspace, runtime } = workspaceWithRuntime()
    await publish(workspace.root, stagingFolder(workspace.root), new Map([['jobs/a/index.js', '1']]), runtime)

    publishFiles(
      workspace.root,
      new Map([
        ['jobs/a/index.js', '2'],
        ['shared/x.js', '3'],
      ]),
    )

    expect(workspace.read('build/backend/jobs/a/index.js')).toBe('2')
    expect(readdirSync(workspace.path('build/backend/jobs/a'))).toEqual(['index.js'])
    expect(workspace.read('build/backend/shared/x.js')).toBe('3')
  })
})
