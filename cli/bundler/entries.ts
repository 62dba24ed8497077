import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { jobsDirOf } from '../workspace/jobs-dir.ts'

const EXTENSIONS = ['ts', 'tsx', 'js', 'mjs'] as const

/** Modules beside the jobs that the runtime imports where they exist: what it calls them, and where they are built to. */
const MODULES = {
  /** The source is beside the jobs, wherever these are. */
  hooks: { source: null, output: 'jobs/hooks' },
  tenants: { source: 'src/backend/tenants', output: 'tenants' },
  database: { source: 'src/backend/db/connection', output: 'db/connection' },
  server: { source: 'src/backend/index', output: 'index' },
} as const

export type ModuleName = keyof typeof MODULES
const MODULE_NAMES = ['hooks', 'tenants', 'database', 'server'] as const satisfies readonly ModuleName[]

/** What is built. Paths are relative to the workspace, `/` between folders. */
export interface Entries {
  readonly jobsDir: string
  /** Name of the job -> its source. In the order of the names. */
  readonly jobs: ReadonlyMap<string, string>
  readonly modules: { readonly [Name in ModuleName]: string | null }
}

/** Looks for the modules of the workspace. `hooks`: where `webstir.scheduler.hooks` says they are. */
export function findEntries(workspace: string, hooks: string | undefined): Entries {
  const jobs = new Map<string, string>()
  const jobsDir = jobsDirOf(workspace)
  for (const name of foldersOf(join(workspace, jobsDir))) {
    const source = withExtension(workspace, `${jobsDir}/${name}/index`)
    if (source !== null) jobs.set(name, source)
  }
  const found = (name: Exclude<ModuleName, 'hooks'>) => withExtension(workspace, MODULES[name].source)
  const named = hooks === undefined ? null : hooks.replace(/^\.\//, '')
  return {
    jobsDir,
    jobs,
    modules: {
      hooks: named ?? withExtension(workspace, `${jobsDir}/hooks`),
      tenants: found('tenants'),
      database: found('database'),
      server: found('server'),
    },
  }
}

/** Output path under build/backend, without `.js` -> source, as esbuild takes entry points. */
export function entryPoints({ jobs, modules }: Entries): Record<string, string> {
  const points: Record<string, string> = {}
  for (const [name, source] of jobs) points[jobOutput(name)] = source
  for (const name of MODULE_NAMES) {
    const source = modules[name]
    if (source !== null) points[MODULES[name].output] = source
  }
  return points
}

export const jobOutput = (name: string): string => `jobs/${name}/index`

/** Where each of the other modules is built to, relative to build/backend. */
export function moduleOutputs({ modules }: Entries): { readonly [Name in ModuleName]: string | null } {
  const output = (name: ModuleName) => (modules[name] === null ? null : `${MODULES[name].output}.js`)
  return { hooks: output('hooks'), tenants: output('tenants'), database: output('database'), server: output('server') }
}

function foldersOf(path: string): string[] {
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

function withExtension(workspace: string, path: string): string | null {
  const extension = EXTENSIONS.find((candidate) => existsSync(join(workspace, `${path}.${candidate}`)))
  return extension === undefined ? null : `${path}.${extension}`
}
