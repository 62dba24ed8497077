import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'

/** The checkout. */
export const ROOT = join(import.meta.dirname, '..', '..')

const CLI = join(ROOT, 'dist', 'cli', 'bin.js')

/** A folder of its own under the system's temporary folder; it is removed when the test file is done. */
export interface Workspace {
  /** Absolute, without symbolic links. */
  readonly root: string
  /** Absolute path of something in it; `/` between segments. */
  path(path: string): string
  read(path: string): string
  /** Makes the folders that it needs. */
  write(path: string, text: string): void
}

export interface WorkspaceOptions {
  /** Its package.json, as text or as what is turned into text; default: an empty workspace. `null`: none. */
  readonly packageJson?: string | object | null
  /** Further files by path. */
  readonly files?: Readonly<Record<string, string>>
  /** Links the packages that a job may import (this one, libsql, pg, typescript, @types), as `npm install` would. */
  readonly linked?: boolean
}

const EMPTY = { name: 'test', version: '1.0.0', type: 'module', webstir: { mode: 'api', module: { jobs: [] } } }
const LINKED = ['libsql', 'pg', 'typescript', '@types']

const made: string[] = []
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export function makeWorkspace(options: WorkspaceOptions = {}): Workspace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'webstir-test-')))
  made.push(root)
  const workspace: Workspace = {
    root,
    path: (path) => join(root, ...path.split('/')),
    read: (path) => readFileSync(join(root, ...path.split('/')), 'utf8'),
    write(path, text) {
      mkdirSync(dirname(workspace.path(path)), { recursive: true })
      writeFileSync(workspace.path(path), text)
    },
  }
  const { packageJson = EMPTY, files = {}, linked = false } = options
  if (packageJson !== null) {
    const isText = typeof packageJson === 'string'
    workspace.write('package.json', isText ? packageJson : `${JSON.stringify(packageJson, null, 2)}\n`)
  }
  for (const [path, text] of Object.entries(files)) workspace.write(path, text)
  if (linked) link(workspace)
  return workspace
}

/** What `npm install` would put into node_modules, by links. */
export function link({ root }: Pick<Workspace, 'root'>): void {
  const modules = join(root, 'node_modules')
  mkdirSync(modules, { recursive: true })
  symlinkSync(ROOT, join(modules, 'webstir-jobs'), 'dir')
  for (const name of LINKED) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'dir')
}

/** How a process ended, and what it printed. */
export interface Ended {
  /** The exit code; null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  /** Added to the environment of the tests, less what would change how things are printed. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** As which user and group; root's privilege. */
  readonly uid?: number
  readonly gid?: number
}

/** Runs the built `webstir` as a process of its own. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return runNode([CLI, ...args], options)
}

/** Runs `node` with these arguments and waits for its end. */
export function runNode(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return runProcess(process.execPath, args, options)
}

export function runProcess(
  file: string,
  args: readonly string[],
  { cwd, env = {}, ...user }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd, ...user, env: { ...plainEnvironment(), ...env }, maxBuffer: 64 * 2 ** 20 }
    const child = execFile(file, [...args], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr })
    })
    child.stdin?.end()
  })
}

/** The tests' environment without what a runner or a developer may have set. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_ENV, NODE_OPTIONS, DEBUG, NO_COLOR, FORCE_COLOR, LOG_LEVEL, LOG_FORMAT, ...rest } = process.env
  const ours = /^(?:VITEST|DATABASE_URL|JOBS_STORE|WORKSPACE_ROOT)/
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !ours.test(name)))
}
