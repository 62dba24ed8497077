import { type ChildProcess, spawn } from 'node:child_process'
import { expect } from 'vitest'
import {
  type Ended,
  makeWorkspace,
  plainEnvironment,
  type RunOptions,
  runCli,
  runNode,
  type Workspace,
} from './workspace.ts'

/** A workspace that was built by `webstir build`, with its scheduler. */
export interface BuiltWorkspace extends Workspace {
  /** Runs the built scheduler to its end. */
  scheduler(args: readonly string[], options?: RunOptions): Promise<Ended>
  /** Starts the built scheduler; stop it, or it is killed at the end of the test. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): RunningScheduler
  /** Its history, newest first, as `--history --json` tells it. */
  history(): Promise<HistoryRow[]>
}

export interface HistoryRow {
  readonly id: string
  readonly job: string
  readonly status: string
  readonly trigger: string
  readonly attempt: number
  readonly scheduledFor: string
  readonly skipReason: string | null
  readonly skipCount: number
  readonly error: { readonly code: string; readonly message: string } | null
  readonly args: unknown
}

export interface LogEntry {
  readonly level: string
  readonly msg: string
  readonly job?: string
  readonly executionId?: string
  readonly [field: string]: unknown
}

/** A process whose log is read as it comes. */
export interface RunningScheduler {
  readonly process: ChildProcess
  /** The first log entry, past or to come, whose message matches. Rejects when the process ends without one. */
  logged(message: RegExp): Promise<LogEntry>
  entries(): LogEntry[]
  /** Sends a signal, and resolves when the process has ended. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export interface BuiltOptions {
  readonly jobs: readonly object[]
  /** By job: the text of its index.ts. */
  readonly sources: Readonly<Record<string, string>>
  readonly settings?: object
  /** Further files by path. */
  readonly files?: Readonly<Record<string, string>>
}

export async function buildWorkspace({
  jobs,
  sources,
  settings = {},
  files = {},
}: BuiltOptions): Promise<BuiltWorkspace> {
  const modules = Object.entries(sources).map(([job, text]) => [`src/backend/jobs/${job}/index.ts`, text])
  const workspace = makeWorkspace({
    packageJson: {
      name: 'test',
      version: '1.0.0',
      type: 'module',
      webstir: { mode: 'api', module: { jobs }, scheduler: settings },
    },
    files: { ...files, ...Object.fromEntries(modules) },
    linked: true,
  })
  const built = await runCli(['build', '--no-typecheck'], { cwd: workspace.root })
  expect(built.code, built.stderr).toBe(0)
  return withScheduler(workspace)
}

/** The scheduler of a workspace that is built already. */
export function withScheduler(workspace: Workspace): BuiltWorkspace {
  const script = workspace.path('build/backend/jobs/scheduler.js')
  const scheduler: BuiltWorkspace['scheduler'] = (args, options) => runNode([script, ...args], options)
  return {
    ...workspace,
    scheduler,
    start: (args, env = {}) =>
      follow(spawn(process.execPath, [script, ...args], { env: { ...plainEnvironment(), ...env } })),
    async history() {
      const { stdout } = await scheduler(['--history', '--json', '--limit', '1000'])
      return JSON.parse(stdout)
    },
  }
}

function follow(child: ChildProcess): RunningScheduler {
  const entries: LogEntry[] = []
  const waiting = new Set<() => void>()
  let rest = ''
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  child.stdout?.on('data', (chunk) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('{')) entries.push(JSON.parse(line))
    for (const look of waiting) look()
  })
  let hasEnded = false
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => {
      hasEnded = true
      for (const look of waiting) look()
      resolve({ code, signal })
    })
  })
  return {
    process: child,
    ended,
    entries: () => [...entries],
    logged: (message) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = entries.find(({ msg }) => message.test(msg))
          if (found === undefined && !hasEnded) return
          waiting.delete(look)
          const shown = entries.map(({ msg }) => msg).join('\n')
          if (found !== undefined) resolve(found)
          else reject(new Error(`the scheduler ended and never logged ${message}:\n${shown}\n${errors}`))
        }
        waiting.add(look)
        look()
      }),
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}
