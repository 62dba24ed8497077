import type { Output } from '../../command-line/output.ts'
import { BuildError, type Diagnostic, diagnosticText, printDiagnostics } from '../diagnostics.ts'
import { checkTypes } from '../type-check.ts'
import { IncrementalBuild, type Update } from './incremental.ts'
import { SourceWatcher } from './source-changes.ts'

export interface WatchRequest {
  /** Absolute path. */
  readonly workspace: string
  readonly typeCheck: boolean
  /** Ends the watch. */
  readonly signal: AbortSignal
  /** Called after each build that went well; the next one waits for it. */
  readonly onUpdate?: (update: Update) => Promise<void>
}

/**
 * Keeps the build up to date until the signal comes. A build that fails is reported, and the watch goes on with the
 * last good one. Types are checked beside the build and don't hold it up: a development loop has to be quick.
 */
export async function watchBuild(
  { workspace, typeCheck, signal, onUpdate }: WatchRequest,
  output: Output,
): Promise<void> {
  const build = new IncrementalBuild(workspace)
  let wake: () => void = () => {}
  let isDirty = true
  const stir = (): void => {
    isDirty = true
    wake()
  }
  const watcher = new SourceWatcher(stir)
  signal.addEventListener('abort', stir, { once: true })
  const told = new NewsOnly(output)
  const types = typeCheck ? new TypeWatch(workspace, output) : null
  try {
    while (!signal.aborted) {
      if (!isDirty) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      isDirty = false
      // Watched before the look, so that no change falls between the two.
      watcher.watch(build.folders())
      const update = await tryUpdate(build, told, output)
      // What changed in a folder before it was watched is found by a second look.
      if (watcher.watch(build.folders())) isDirty = true
      if (update === null || signal.aborted) continue
      if (update.scope !== 'environment') types?.check()
      await onUpdate?.(update)
    }
  } finally {
    watcher.close()
    types?.stop()
    await build.close()
  }
}

/** Prints what was not printed the last time: the same warnings after each change would not be read. */
class NewsOnly {
  readonly #output: Output
  #last = new Set<string>()

  constructor(output: Output) {
    this.#output = output
  }

  print(diagnostics: readonly Diagnostic[]): void {
    const isNews = (diagnostic: Diagnostic): boolean =>
      diagnostic.severity === 'error' || !this.#last.has(diagnosticText(diagnostic))
    printDiagnostics(diagnostics.filter(isNews), this.#output)
    this.#last = new Set(diagnostics.map(diagnosticText))
  }
}

async function tryUpdate(build: IncrementalBuild, told: NewsOnly, output: Output): Promise<Update | null> {
  try {
    const update = await build.update()
    if (update === null) return null
    told.print(update.diagnostics)
    output.err(output.color.dim(updateText(update)))
    return update
  } catch (error) {
    const { red } = output.color
    if (error instanceof BuildError) told.print(error.diagnostics)
    const text = error instanceof Error ? error.message : String(error)
    output.err(
      `${red('Error:')} ${text}; ${build.isBuilt ? 'going on with the last good build' : 'nothing is built yet'}, waiting for changes`,
    )
    return null
  }
}

function updateText({ scope, jobs, durationMs }: Update): string {
  if (scope === 'environment') return 'The environment has changed'
  if (scope === 'manifest') return `Read package.json again in ${durationMs} ms`
  return `Built ${jobs === 1 ? '1 job' : `${jobs} jobs`} in ${durationMs} ms`
}

/** Checks types in the background; a newer check ends the one before it. */
class TypeWatch {
  readonly #workspace: string
  readonly #output: Output
  #running: AbortController | undefined
  #hadErrors = false

  constructor(workspace: string, output: Output) {
    this.#workspace = workspace
    this.#output = output
  }

  check(): void {
    this.stop()
    const running = new AbortController()
    this.#running = running
    checkTypes(this.#workspace, running.signal).then(
      ({ diagnostics }) => {
        if (!running.signal.aborted) this.#tell(diagnostics)
      },
      (error) => {
        if (!running.signal.aborted) this.#output.warn(`types could not be checked: ${String(error)}`)
      },
    )
  }

  stop(): void {
    this.#running?.abort()
  }

  #tell(diagnostics: readonly Diagnostic[]): void {
    printDiagnostics(diagnostics, this.#output)
    const hasErrors = diagnostics.some(({ severity }) => severity === 'error')
    if (!hasErrors && this.#hadErrors) this.#output.err(this.#output.color.dim('Types are right again'))
    this.#hadErrors = hasErrors
  }
}
