import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { init } from '../../../../cli/commands/init.ts'
import { keepOutput } from '../../../support/output.ts'
import { makeWorkspace, ROOT } from '../../../support/workspace.ts'

const emptyFolder = () => makeWorkspace({ packageJson: null })

describe('init', () => {
  it('makes a workspace that has all it needs', async () => {
    const folder = emptyFolder()
    const made = await init({ dir: folder.path('My Jobs'), timezone: 'Europe/Berlin' }, keepOutput())
    expect(made.name).toBe('my-jobs')
    expect(JSON.parse(folder.read('My Jobs/package.json'))).toMatchObject({
      name: 'my-jobs',
      type: 'module',
      webstir: { mode: 'api', module: { jobs: [] }, scheduler: { timezone: 'Europe/Berlin' } },
      scripts: { build: 'webstir build', watch: 'webstir watch', jobs: 'node build/backend/jobs/scheduler.js' },
    })
    for (const path of [
      'tsconfig.json',
      '.env.example',
      '.gitignore',
      'README.md',
      'src/backend/env.ts',
      'src/backend/logger.ts',
      'src/backend/db/connection.ts',
    ]) {
      expect(made.files).toContain(path)
      expect(folder.read(`My Jobs/${path}`)).not.toMatch(/\{\{|\}\}/)
    }
  })

  it('depends by path on the checkout that it runs from', async () => {
    const folder = emptyFolder()
    await init({ dir: folder.path('w'), yes: true }, keepOutput())
    expect(JSON.parse(folder.read('w/package.json')).dependencies).toEqual({
      libsql: '0.5.29',
      'webstir-jobs': `file:${relative(folder.path('w'), ROOT)}`,
    })
  })

  it('fills a folder that holds other things, and touches none of them', async () => {
    const folder = emptyFolder()
    folder.write('notes.txt', 'mine')
    folder.write('src/frontend/app.ts', 'mine')
    await init({ dir: folder.root }, keepOutput())
    expect(folder.read('notes.txt')).toBe('mine')
    expect(folder.read('src/frontend/app.ts')).toBe('mine')
    expect(existsSync(folder.path('src/backend/env.ts'))).toBe(true)
  })

  it('writes nothing where a file is in the way, and names all that are', async () => {
    const folder = emptyFolder()
    folder.write('README.md', 'mine')
    folder.write('src/backend/env.ts', 'mine')
    await expect(init({ dir: folder.root }, keepOutput())).rejects.toThrow(
      'README.md, src/backend/env.ts are there already; nothing was written',
    )
    expect(readdirSync(folder.root, { recursive: true }).sort()).toEqual([
      'README.md',
      'src',
      'src/backend',
      'src/backend/env.ts',
    ])
    expect(folder.read('README.md')).toBe('mine')
  })

  it('does not write through symbolic links, nor over a file', async () => {
    const outside = emptyFolder()
    const folder = emptyFolder()
    symlinkSync(outside.root, folder.path('src'))
    await expect(init({ dir: folder.root }, keepOutput())).rejects.toThrow('symbolic link')
    folder.write('file', '')
    await expect(init({ dir: folder.path('file') }, keepOutput())).rejects.toThrow('is a file')
    expect(readdirSync(outside.root)).toEqual([])
  })

  it('leaves no folder behind where an option is wrong, and says what was probably meant', async () => {
    const folder = emptyFolder()
    await expect(init({ dir: folder.path('a/b'), timezone: 'europe/berln' }, keepOutput())).rejects.toMatchObject({
      hint: 'did you mean "Europe/Berlin"?',
    })
    await expect(init({ dir: folder.path('a/b'), name: 'My App' }, keepOutput())).rejects.toMatchObject({
      hint: 'did you mean "my-app"?',
    })
    expect(readdirSync(folder.root)).toEqual([])
  })

  it('asks nothing where there is no terminal', async () => {
    const folder = emptyFolder()
    mkdirSync(folder.path('jobs'))
    const made = await init({ dir: folder.path('jobs') }, keepOutput())
    expect(made).toMatchObject({ name: 'jobs', timezone: 'UTC' })
  })
})
