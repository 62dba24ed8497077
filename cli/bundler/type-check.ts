import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, parse, relative, resolve } from 'node:path'
import type { JsonValue } from '../../runtime/support/json.ts'
import { isInstalled } from '../workspace/installed.ts'
import { packageRoot } from '../workspace/package-root.ts'
import { type Diagnostic, warning } from './diagnostics.ts'
import { findEntries } from './entries.ts'

export interface TypeCheck {
  /** `unavailable`: there is no compiler; `unneeded`: there is nothing to check. */
  readonly outcome: 'passed' | 'failed' | 'unavailable' | 'unneeded'
  readonly diagnostics: readonly Diagnostic[]
}

/** Where the compiler's settings may be; the first that is there counts. The former is that of a Webstir workspace. */
export const TYPE_CONFIGS = ['src/backend/tsconfig.json', 'tsconfig.json'] as const

/** Runs the workspace's TypeScript over its sources, in a child process. `signal` ends it early. */
export async function checkTypes(workspace: string, signal?: AbortSignal): Promise<TypeCheck> {
  const own = TYPE_CONFIGS.find((path) => existsSync(join(workspace, path)))
  if (own === undefined) return withoutConfig(workspace)
  const compiler = findCompiler(workspace)
  if (compiler === null) {
    const hint = 'run "npm install --save-dev typescript", or build with --no-typecheck'
    return { outcome: 'unavailable', diagnostics: [warning('types were not checked: there is no TypeScript', hint)] }
  }
  const config = configFor(workspace, own)
  try {
    const { output, code } = await runCompiler(workspace, compiler, config.path, signal)
    const diagnostics = readDiagnostics(workspace, output)
    if (code === 0) return { outcome: 'passed', diagnostics }
    if (diagnostics.some(({ severity }) => severity === 'error')) return { outcome: 'failed', diagnostics }
    return {
      outcome: 'failed',
      diagnostics: [{ ...warning(`TypeScript ended with code ${code}: ${output.trim()}`, null), severity: 'error' }],
    }
  } finally {
    if (config.isTemporary) rmSync(config.path, { force: true })
  }
}

/** JavaScript alone has no types to check. */
function withoutConfig(workspace: string): TypeCheck {
  const { jobs } = findEntries(workspace, undefined)
  if (![...jobs.values()].some((source) => /\.tsx?$/.test(source))) return { outcome: 'unneeded', diagnostics: [] }
  const hint = 'add a tsconfig.json ("webstir init" writes one), or build with --no-typecheck'
  return { outcome: 'unavailable', diagnostics: [warning('types were not checked: there is no tsconfig.json', hint)] }
}

/** The workspace's own compiler; else the one that is installed beside this package. */
function findCompiler(workspace: string): string | null {
  for (const from of [workspace, packageRoot()]) {
    try {
      const path = createRequire(join(from, 'package.json')).resolve('typescript/package.json')
      const { bin }: { bin?: { tsc?: string } } = JSON.parse(readFileSync(path, 'utf8'))
      const tsc = bin?.tsc === undefined ? undefined : join(dirname(path), bin.tsc)
      if (tsc !== undefined && existsSync(tsc)) return tsc
    } catch {
      // Not here.
    }
  }
  return null
}

/**
 * The workspace's own configuration; or, where webstir-jobs is not installed in it (older workspaces import its types
 * only), one that extends it and says where they are. `own`: relative to the workspace.
 */
function configFor(workspace: string, own: string): { path: string; isTemporary: boolean } {
  const ownPath = join(workspace, own)
  if (isInstalled(workspace, 'webstir-jobs')) return { path: ownPath, isTemporary: false }
  const folder = join(workspace, 'build')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `.tsconfig-${process.pid}-${Date.now().toString(36)}.json`)
  const types = join(packageRoot(), 'dist', 'types', 'runtime')
  const written = readConfig(ownPath)
  const config = {
    extends: `../${own}`,
    compilerOptions: {
      noEmit: true,
      // A part of a composite project has to list all of its files, those of webstir-jobs too.
      composite: false,
      incremental: false,
      skipLibCheck: true,
      // By default the folder of the config, which would shut the sources out; nothing is written, so any will do.
      rootDir: parse(folder).root,
      paths: {
        ...rebased(written.paths, dirname(ownPath), folder),
        'webstir-jobs': [join(types, 'index.d.ts')],
        'webstir-jobs/*': [join(types, '*', 'index.d.ts')],
      },
    },
    // What isn't said is taken from where this file lies, not from where the one it extends does.
    ...(written.saysFiles ? {} : { include: [`../${own.startsWith('src/') ? dirname(own) : 'src'}/**/*`] }),
  }
  writeFileSync(path, JSON.stringify(config))
  return { path, isTemporary: true }
}

function readConfig(path: string): { paths: Record<string, string[]>; saysFiles: boolean } {
  const text = readFileSync(path, 'utf8').replace(/^\s*\/\/.*$|\/\*[\s\S]*?\*\//gm, '')
  try {
    const config: { compilerOptions?: { paths?: Record<string, string[]> }; include?: JsonValue; files?: JsonValue } =
      JSON.parse(text.replace(/,(\s*[}\]])/g, '$1'))
    return {
      paths: config.compilerOptions?.paths ?? {},
      saysFiles: config.include !== undefined || config.files !== undefined,
    }
  } catch {
    return { paths: {}, saysFiles: false }
  }
}

function rebased(paths: Record<string, string[]>, from: string, to: string): Record<string, string[]> {
  const move = (path: string): string => {
    const moved = relative(to, resolve(from, path)).replaceAll('\\', '/')
    return moved.startsWith('.') ? moved : `./${moved}`
  }
  return Object.fromEntries(Object.entries(paths).map(([name, places]) => [name, places.map(move)]))
}

function runCompiler(
  workspace: string,
  compiler: string,
  config: string,
  signal: AbortSignal | undefined,
): Promise<{ output: string; code: number }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [compiler, '--noEmit', '--pretty', 'false', '-p', config], {
      cwd: workspace,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    })
    let output = ''
    child.stdout.on('data', (data) => {
      output += String(data)
    })
    child.stderr.on('data', (data) => {
      output += String(data)
    })
    child.on('error', fail)
    child.on('close', (code) => done({ output, code: code ?? 1 }))
  })
}

/** `src/a.ts(3,14): error TS2322: …`, with further lines that are indented. */
function readDiagnostics(workspace: string, output: string): Diagnostic[] {
  const diagnostics: Diagnostic[] = []
  for (const line of output.split(/\r?\n/)) {
    const [, file, row, column, severity, text] =
      /^(?:(.+?)\((\d+),(\d+)\): )?(error|warning) (TS\d+: .*)$/.exec(line) ?? []
    const last = diagnostics.at(-1)
    if (text !== undefined) {
      diagnostics.push({
        severity: severity === 'warning' ? 'warning' : 'error',
        file: file === undefined ? null : relative(workspace, resolve(workspace, file)).replaceAll('\\', '/'),
        line: row === undefined ? null : Number(row),
        column: column === undefined ? null : Number(column),
        message: text,
        hint: null,
      })
    } else if (/^\s+\S/.test(line) && last !== undefined) {
      diagnostics[diagnostics.length - 1] = { ...last, message: `${last.message} ${line.trim()}` }
    }
  }
  return diagnostics
}
