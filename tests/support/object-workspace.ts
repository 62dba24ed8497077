import Database from 'libsql'
import { link, makeWorkspace, runCli, type Workspace } from './workspace.ts'

/** A workspace as `webstir init --multi-tenant` makes it, with these entries of jobs and these sources, not yet built. */
export async function objectWorkspace(
  jobs: readonly object[],
  sources: Readonly<Record<string, string>>,
): Promise<Workspace> {
  const workspace = makeWorkspace({ packageJson: null })
  const made = await runCli(['init', workspace.root, '--yes', '--multi-tenant'])
  if (made.code !== 0) throw new Error(made.stderr)
  link(workspace)
  const manifest = JSON.parse(workspace.read('package.json'))
  manifest.webstir.module.jobs = jobs
  workspace.write('package.json', `${JSON.stringify(manifest, null, 2)}\n`)
  for (const [path, text] of Object.entries(sources)) workspace.write(`src/backend/${path}`, text)
  return workspace
}

export async function build({ root }: Workspace, ...options: string[]): Promise<void> {
  const built = await runCli(['build', '--workspace', root, ...options])
  if (built.code !== 0) throw new Error(built.stderr)
}

/** Makes the table of tenants in the workspace's database: these ids, active where they are even. */
export function addTenantRows(workspace: Workspace, ids: readonly number[]): void {
  workspace.write('data/.keep', '')
  const database = new Database(workspace.path('data/dev.sqlite'))
  database.exec('create table tenants (id integer primary key, active integer)')
  for (const id of ids) database.prepare('insert into tenants values (?, ?)').run(id, id % 2 === 0 ? 1 : 0)
  database.close()
}

export interface HistoryRow {
  readonly id: string
  readonly job: string
  readonly tenant: string | null
  readonly status: string
  readonly trigger: string
  readonly parentId: string | null
  readonly args: unknown
  readonly error: { readonly code: string; readonly message: string } | null
}

export async function history({ root }: Workspace, ...options: string[]): Promise<HistoryRow[]> {
  const { stdout, stderr, code } = await runCli(['job-history', '--workspace', root, '--json', ...options])
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}
