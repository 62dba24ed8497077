import { type ManifestProblem, problemText } from '../../runtime/manifest/index.ts'
import { JobsError } from '../../runtime/support/errors.ts'
import type { Output } from '../command-line/output.ts'

/** A message of a build. An error fails it. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** Relative to the workspace, `/` between folders; null where it is about no file. */
  readonly file: string | null
  /** From 1; null where it is about the whole file. */
  readonly line: number | null
  /** From 1, in UTF-16 units. */
  readonly column: number | null
  readonly message: string
  readonly hint: string | null
}

/** One line for people: `src/backend/jobs/nightly/index.ts:3:14: error: …`. */
export function diagnosticText({ severity, file, line, column, message, hint }: Diagnostic): string {
  const place = [file, line, column].filter((part) => part !== null).join(':')
  return `${place === '' ? '' : `${place}: `}${severity}: ${message}${hint === null ? '' : ` - ${hint}`}`
}

export function warning(message: string, hint: string | null, file: string | null = null): Diagnostic {
  return { severity: 'warning', file, line: null, column: null, message, hint }
}

/**
 * The manifest's problems as diagnostics of a build. A variable that isn't set here may well be set where the build will
 * run, so that is only a warning.
 */
export function manifestDiagnostic(problem: ManifestProblem): Diagnostic {
  const text = problemText({ ...problem, hint: undefined }).replace(/^package\.json: /, '')
  return {
    severity: problem.code === 'UNSET_VARIABLE' ? 'warning' : problem.severity,
    file: 'package.json',
    line: null,
    column: null,
    message: text,
    hint: problem.hint ?? null,
  }
}

/** The most lines of one kind that are printed. */
const MOST = 50

/** Prints them as lines on standard error; warnings first, so that what must be fixed comes last, where it is seen. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], { color, err }: Output): void {
  for (const severity of ['warning', 'error'] as const) {
    const word = severity === 'error' ? color.red('error:') : color.yellow('warning:')
    const those = diagnostics.filter((diagnostic) => diagnostic.severity === severity)
    for (const diagnostic of those.slice(0, MOST)) err(diagnosticText(diagnostic).replace(`${severity}:`, () => word))
    if (those.length > MOST) err(`… and ${those.length - MOST} more ${severity}s`)
  }
}

/** The build failed; what was built before is still in place. `diagnostics` say why, errors and warnings alike. */
export class BuildError extends JobsError {
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length
    super('BUILD_FAILED', `the build failed: ${errors === 1 ? 'one error' : `${errors} errors`}`, {
      hint: 'fix what is named above; what was built before is still in place',
    })
    this.diagnostics = diagnostics
  }
}
