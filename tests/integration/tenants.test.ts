import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeAll, describe, expect, it } from 'vitest'
import { addTenantRows, build, history, objectWorkspace } from '../support/object-workspace.ts'
import { makeWorkspace, runCli, runNode, type Workspace } from '../support/workspace.ts'

const BILL = `import { defineJob } from 'webstir-jobs'

export default defineJob({
  multiTenant: true,
  tenantsFilter: (tenants) => tenants.where({ active: true }),
  async run(): Promise<void> {
    const [row] = await this.database.query<{ active: number }>('select active from tenants where id = ?', [this.tenant])
    this.log.info(\`\${this.tenant} \${this.initialParams._headers['x-tenant-id']} \${row?.active}\`)
    if (this.tenant === '4') throw new Error('4 is broke')
  },
})
`

describe('tenants of a workspace', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await objectWorkspace(
      [
        { name: 'bill' },
        { name: 'once', multiTenant: false },
        { name: 'apart', multiTenant: true, isolation: 'process' },
        { name: 'all', schedule: '* * * * * *', multiTenant: true },
      ],
      {
        'jobs/bill/index.ts': BILL,
        'jobs/once/index.ts': BILL,
        'jobs/apart/index.ts': `import type { JobContext } from 'webstir-jobs'\nexport async function run(ctx: JobContext): Promise<void> { ctx.log.info(\`\${ctx.tenant} in \${process.pid}\`) }\n`,
        'jobs/all/index.ts': `export async function run(): Promise<void> {}\n`,
      },
    )
    addTenantRows(workspace, [1, 2, 3, 4])
    await build(workspace)
  })
  const scheduler = (...args: string[]) => runNode([workspace.path('build/backend/jobs/scheduler.js'), ...args])

  it('are the rows of a table, from the file that init --multi-tenant writes', async () => {
    const { code, stdout } = await scheduler('--job', 'bill')
    expect(code).toBe(1)
    expect(stdout).toContain('2 2 1')
    expect(stdout).toContain('job \\"bill\\" failed for 1 tenant: 4')
    const rows = await history(workspace, 'bill')
    const parent = rows.find(({ tenant }) => tenant === null)
    expect(
      rows
        .filter(({ tenant }) => tenant !== null)
        .map(({ tenant, status, parentId }) => [tenant, status, parentId])
        .sort(),
    ).toEqual([
      ['2', 'SUCCESS', parent?.id],
      ['4', 'FAILURE', parent?.id],
    ])
    expect(parent).toMatchObject({ status: 'FAILURE', error: { code: 'TENANTS_FAILED' } })
  })

  it('run one by one with --tenant', async () => {
    const { code, stdout } = await runCli(['run-job', 'bill', '--tenant', '2', '--workspace', workspace.root])
    expect(code).toBe(0)
    expect(stdout).toContain('[bill] succeeded for tenant 2')
    expect((await history(workspace, 'bill', '--tenant', '2', '--limit', '1'))[0]).toMatchObject({ parentId: null })
  })

  it("the manifest's multiTenant wins over the module's", async () => {
    const { code, stdout } = await scheduler('--job', 'once')
    expect(code).toBe(0)
    expect(stdout).toContain('undefined undefined undefined')
  })

  it('have a process each where the job is isolated', async () => {
    const { stdout, code } = await scheduler('--job', 'apart')
    expect(code).toBe(0)
    const pids = [...stdout.matchAll(/\[apart\] \d in (\d+)/g)].map(([, pid]) => pid)
    expect(new Set(pids).size).toBe(4)
  })
})

describe('with a concurrency of 2, run by hand', () => {
  it.each(['slow', 'outer'])('%s runs two tenants at a time, never more', async (name) => {
    const workspace = await objectWorkspace([{ name: 'slow', multiTenant: true }, { name: 'outer' }], {
      'tenants.ts': 'export default [1, 2, 3, 4, 5, 6]\n',
      'jobs/slow/index.js': `export async function run({ log }) {
        log.info('begins')
        await new Promise((resolve) => setTimeout(resolve, 100))
        log.info('ends')
      }\n`,
      'jobs/outer/index.js': `export const run = (ctx) => ctx.runBackgroundJob('slow')\n`,
    })
    const manifest = JSON.parse(workspace.read('package.json'))
    manifest.webstir.scheduler.concurrency = 2
    workspace.write('package.json', JSON.stringify(manifest))
    await build(workspace, '--no-typecheck')

    const { code, stdout } = await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--job', name])

    expect(code).toBe(0)
    let now = 0
    const steps = [...stdout.matchAll(/\[slow\] (begins|ends)/g)].map(([, step]) => (now += step === 'begins' ? 1 : -1))
    expect(steps).toHaveLength(12)
    expect(Math.max(...steps)).toBe(2)
  })
})

describe('add-tenants', () => {
  it('writes the file once, and says what is missing', async () => {
    const workspace = makeWorkspace()
    const added = await runCli(['add-tenants', '--workspace', workspace.root])
    expect(added.code).toBe(0)
    expect(added.stderr).toContain('src/backend/db/connection.ts')
    expect(workspace.read('src/backend/tenants.ts')).toContain('tenantTable(createDatabaseClient)')
    const again = await runCli(['add-tenants', '--workspace', workspace.root])
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('is there already')
  })
})

describe('a tenants table that is not there', () => {
  it('is named, with what to do, and recorded', async () => {
    const workspace = await objectWorkspace([{ name: 'bill' }], { 'jobs/bill/index.ts': BILL })
    await build(workspace, '--no-typecheck')
    const { code, stdout } = await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--job', 'bill'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/the tenants can't be read from the table .*tenants.*: no such table/)
    expect(await history(workspace, 'bill')).toMatchObject([{ status: 'FAILURE', error: { code: 'TENANTS_TABLE' } }])
  })
})

describe('a job that is not for tenants', () => {
  it('is not run for one', async () => {
    const workspace = await objectWorkspace([{ name: 'plain' }], {
      'jobs/plain/index.ts': 'export async function run(): Promise<void> {}\n',
    })
    await build(workspace, '--no-typecheck')
    const { code, stdout } = await runNode([
      workspace.path('build/backend/jobs/scheduler.js'),
      '--job',
      'plain',
      '--tenant',
      'a',
    ])
    expect(code).toBe(1)
    expect(stdout).toContain(`job \\"plain\\" is not multi-tenant`)
  })
})

describe('a process that dies while it spreads a fire', () => {
  it('leaves nothing undone and nothing doubled: the next one adds only the tenants that are missing', async () => {
    const count = 400
    const workspace = await objectWorkspace([{ name: 'bill', schedule: 'rate(1 day)', multiTenant: true }], {
      'tenants.ts': `export default async function* tenants(): AsyncGenerator<number> {
  for (let id = 1; id <= ${count}; id++) {
    await new Promise((resolve) => setTimeout(resolve, 4))
    yield id
  }
}
`,
      'jobs/bill/index.ts': 'export async function run(): Promise<void> {}\n',
    })
    const manifest = JSON.parse(workspace.read('package.json'))
    manifest.webstir.scheduler.staleAfter = '1s'
    workspace.write('package.json', JSON.stringify(manifest))
    await build(workspace, '--no-typecheck')
    const watch = async (until: RegExp, signal: NodeJS.Signals): Promise<void> => {
      const child = spawn(process.execPath, [workspace.path('build/backend/jobs/scheduler.js'), '--watch'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      for await (const chunk of child.stdout) {
        output += String(chunk)
        if (until.test(output)) break
      }
      child.kill(signal)
      await once(child, 'exit')
    }
    await watch(/succeeded for tenant 150 /, 'SIGKILL')
    expect((await history(workspace, '--limit', '1000')).length).toBeLessThan(count)
    await watch(/\[bill\] succeeded in[\s\S]*for tenant 400 |for tenant 400 [\s\S]*\[bill\] succeeded in/, 'SIGTERM')
    const rows = await history(workspace, '--limit', '1000')
    expect(rows).toHaveLength(count + 1)
    expect(new Set(rows.map(({ tenant }) => tenant)).size).toBe(count + 1)
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['SUCCESS']))
  })
})
