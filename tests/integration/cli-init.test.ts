import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { link, makeWorkspace, ROOT, runCli, runNode } from '../support/workspace.ts'

const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')

describe('webstir init', () => {
  it('makes a workspace whose types are sound, that builds, lists and runs a job', async () => {
    const folder = makeWorkspace({ packageJson: null })
    const made = await runCli(['init', 'shop', '--json'], { cwd: folder.root })
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(made.stdout)).toMatchObject({ name: 'shop', timezone: 'UTC' })
    const root = folder.path('shop')
    link({ root })
    expect((await runCli(['add-job', 'hello', '--schedule', '@daily'], { cwd: root })).code).toBe(0)
    folder.write(
      'shop/src/backend/jobs/hello/index.ts',
      `import type { JobContext } from 'webstir-jobs'
import { createDatabaseClient } from '../../db/connection.ts'
import { logger } from '../../logger.ts'

export async function run(ctx: JobContext): Promise<void> {
  const database = createDatabaseClient()
  await database.execute('create table greeting (text text)')
  await database.execute('insert into greeting (text) values (?)', ['hello'])
  const rows = await database.query<{ text: string }>('select text from greeting where text in (?)', [['hello', 'bye']])
  logger.info('greeted', { rows })
  ctx.log.info(\`\${rows.length} row\`)
  await database.close()
}
`,
    )
    expect(await runNode([TSC, '-p', '.'], { cwd: root })).toEqual({ code: 0, stdout: '', stderr: '' })
    const built = await runCli(['build'], { cwd: root })
    expect(built).toMatchObject({ code: 0, stderr: '' })
    const scheduler = join(root, 'build', 'backend', 'jobs', 'scheduler.js')
    expect((await runNode([scheduler, '--list'], { cwd: ROOT })).stdout).toContain('hello')
    const ran = await runNode([scheduler, '--job', 'hello'], { cwd: ROOT })
    expect(ran.stdout).toContain('greeted')
    expect(ran.code).toBe(0)
    expect(folder.read('shop/data/dev.sqlite').startsWith('SQLite format 3')).toBe(true)
  }, 120_000)

  it('refuses a folder where something is in the way, with exit code 1', async () => {
    const folder = makeWorkspace({ packageJson: null, files: { 'README.md': 'mine', '.gitignore': '' } })
    const { code, stderr } = await runCli(['init', '.'], { cwd: folder.root })
    expect(code).toBe(1)
    expect(stderr).toContain('.gitignore, README.md are there already; nothing was written\nHint: ')
    expect(folder.read('README.md')).toBe('mine')
  })

  it('asks nothing where standard input is no terminal', async () => {
    const folder = makeWorkspace({ packageJson: null })
    const { code, stdout } = await runCli(['init', 'a'], { cwd: folder.root })
    expect(code).toBe(0)
    expect(stdout).toContain('Made the workspace a in a (time zone UTC).')
  })
})
