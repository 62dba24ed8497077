import { type BuildReport, buildBackend } from '../bundler/build.ts'
import { BuildError, printDiagnostics } from '../bundler/diagnostics.ts'
import { ExitError, UsageError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { findWorkspace } from '../workspace/find.ts'

export interface BuildOptions {
  readonly workspace?: string | undefined
  /** Only `backend` is there; other parts of Webstir have their own builds. */
  readonly runtime?: string | undefined
  readonly watch?: boolean
  readonly typecheck?: boolean
}

/** `webstir build`: src/backend -> build/backend. Exit code 1, with everything that is wrong, where it fails. */
export async function build(options: BuildOptions, output: Output): Promise<BuildReport | undefined> {
  checkRuntime(options.runtime)
  const workspace = findWorkspace(options.workspace)
  const typeCheck = options.typecheck !== false
  if (options.watch === true) {
    const [{ watchBuild }, { untilStopped }] = await Promise.all([
      import('../bundler/watch/watch.ts'),
      import('../../runtime/support/stop-signals.ts'),
    ])
    await untilStopped((signal) => watchBuild({ workspace, typeCheck, signal }, output))
    return undefined
  }
  const report = await buildOrExplain(workspace, typeCheck, output)
  output.out(summary(report))
  return report
}

/** Builds, and prints what the build has to say. Throws ExitError where it failed and that was explained. */
export async function buildOrExplain(workspace: string, typeCheck: boolean, output: Output): Promise<BuildReport> {
  try {
    const report = await buildBackend({ workspace, typeCheck })
    printDiagnostics(report.diagnostics, output)
    return report
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    printDiagnostics(error.diagnostics, output)
    output.err(`${output.color.red('Error:')} ${error.message}`)
    output.err(`${output.color.cyan('Hint:')} ${error.hint ?? ''}`)
    throw new ExitError(1)
  }
}

function summary({ jobs, typeCheck, durationMs }: BuildReport): string {
  const count = jobs.length === 1 ? '1 job' : `${jobs.length} jobs`
  const types = typeCheck === 'passed' ? ', types checked' : ''
  return `Built ${count} into build/backend in ${durationMs} ms${types}`
}

/** Throws UsageError for anything but `backend`, the only runtime that is built here. */
export function checkRuntime(runtime: string | undefined): void {
  if (runtime === undefined || runtime === 'backend') return
  throw new UsageError(`--runtime ${runtime}: only the backend is built here`, 'use --runtime backend, or leave it out')
}
