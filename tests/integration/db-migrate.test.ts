import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabase } from '../support/postgres.ts'
import { link, makeWorkspace, runCli, type Workspace } from '../support/workspace.ts'

const FOLDER = 'src/backend/db/migrations'
const FIRST = `-- Sessions; and what they need
create table sessions (id integer primary key, token text not null);
insert into sessions (id, token) values (1, 'a;b');
`
const SECOND = `import type { DatabaseClient } from '../connection.js'
import { column } from '../columns.js'

export async function up(database: DatabaseClient): Promise<void> {
  await database.execute(\`alter table sessions add column \${column} text\`)
  await database.execute('update sessions set owner = ? where id in (?)', ['Ada', [1]])
}
`

describe.each(['SQLite', 'PostgreSQL'])('webstir db-migrate, with %s', (dialect) => {
  let workspace: Workspace
  let release = async (): Promise<void> => {}
  const webstir = (...args: readonly string[]) => runCli(args, { cwd: workspace.root })
  const data = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await webstir('db-migrate', '--json', ...args)
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout)
  }

  beforeAll(async () => {
    workspace = makeWorkspace({ packageJson: null })
    await runCli(['init', '.', '--yes'], { cwd: workspace.root })
    link(workspace)
    if (dialect === 'PostgreSQL') {
      const database = await testDatabase()
      release = database.release
      workspace.write('.env', `DATABASE_URL=${database.url}\n`)
    }
    workspace.write('src/backend/db/columns.ts', "export const column = 'owner'\n")
    workspace.write(`${FOLDER}/0001-sessions.sql`, FIRST)
    workspace.write(`${FOLDER}/0002-owner.ts`, SECOND)
  })
  afterAll(() => release())

  it('applies what is there in its order, once', async () => {
    const before = await data('--status')
    expect(before).toEqual({
      migrations: [
        { name: '0001-sessions', path: `${FOLDER}/0001-sessions.sql`, appliedAt: null },
        { name: '0002-owner', path: `${FOLDER}/0002-owner.ts`, appliedAt: null },
      ],
      applied: [],
    })
    const both = await Promise.all([data(), data()])
    expect(both.flatMap(({ applied }) => applied).sort()).toEqual(['0001-sessions', '0002-owner'])
    expect((await webstir('db-migrate')).stdout).toBe('All migrations were applied already.\n')
    expect((await webstir('db-migrate', '--status')).stdout).toMatch(/0002-owner +2\d{3}-.*\n[\s\S]*All are applied\./)
    expect(readdirSync(workspace.path('build'))).toEqual([])
  })

  it('keeps nothing of one that fails, and says which', async () => {
    workspace.write(`${FOLDER}/0003-broken.sql`, 'create table half (id integer);\nselect * from nowhere;\n')
    const failed = await webstir('db-migrate')
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain(`${FOLDER}/0003-broken.sql: `)
    workspace.write(`${FOLDER}/0003-broken.sql`, 'create table half (id integer);\n')
    expect((await data()).applied).toEqual(['0003-broken'])
  })

  it('is shown by backend-inspect', async () => {
    const { stdout } = await webstir('backend-inspect')
    expect(stdout).toContain('0001-sessions.sql, 0002-owner.ts, 0003-broken.sql in src/backend/db/migrations')
    expect(JSON.parse((await webstir('backend-inspect', '--json')).stdout).migrations).toHaveLength(3)
  })
})
