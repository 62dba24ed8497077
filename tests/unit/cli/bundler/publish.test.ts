import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
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

  it('takes away at no moment what a process of the build before may import', async () => {
    const { workspace, runtime } = workspaceWithRuntime()
    const files = new Map([
      ['jobs/a/index.js', 'job'],
      ['chunks/lib-ABCDEFGH.js', 'lib'],
    ])
    await publish(workspace.root, stagingFolder(workspace.root), files, runtime)
    const needed = ['jobs/a/index.js', 'chunks/lib-ABCDEFGH.js', 'webstir/chunk.js', 'jobs/scheduler.js']
    const state = new Int32Array(new SharedArrayBuffer(12))
    const looking = `
      const { state, paths } = require('node:worker_threads').workerData
      const { existsSync } = require('node:fs')
      while (Atomics.load(state, 0) === 0) {
        for (const path of paths) if (!existsSync(path)) Atomics.add(state, 1, 1)
        Atomics.add(state, 2, 1)
      }`
    const paths = needed.map((path) => workspace.path(`build/backend/${path}`))
    const looker = new Worker(looking, { eval: true, workerData: { state, paths } })
    await once(looker, 'online')
    for (let builds = 0; builds < 60; builds++) {
      const next = new Map([
        ['jobs/a/index.js', 'job'],
        [`chunks/lib-${String(builds).padStart(8, 'A')}.js`, 'lib'],
      ])
      await publish(workspace.root, stagingFolder(workspace.root), next, runtime)
    }
    Atomics.store(state, 0, 1)
    await once(looker, 'exit')
    expect(state[2]).toBeGreaterThan(100)
    expect(state[1]).toBe(0)
  })

  it('replaces a file by a folder, and a folder by a file', async () => {
    const { workspace, runtime } = workspaceWithRuntime()
    await publish(
      workspace.root,
      stagingFolder(workspace.root),
      new Map([
        ['a', 'file'],
        ['b/c', 'in a folder'],
      ]),
      runtime,
    )
    await publish(
      workspace.root,
      stagingFolder(workspace.root),
      new Map([
        ['a/c', 'in a folder'],
        ['b', 'file'],
      ]),
      runtime,
    )
    expect([workspace.read('build/backend/a/c'), workspace.read('build/backend/b')]).toEqual(['in a folder', 'file'])
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
