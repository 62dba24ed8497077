import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { OUTPUT_FOLDER } from '../bundler/output-text.ts'
import { ExitError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { findWorkspace } from '../workspace/find.ts'
import { ensureBuilt } from './run-job.ts'

export interface ReplOptions {
  readonly workspace?: string | undefined
}

/** `webstir repl`: builds if needed, then opens Node's REPL with the workspace's jobs. */
export async function repl(options: ReplOptions, output: Output): Promise<void> {
  const workspace = findWorkspace(options.workspace)
  await ensureBuilt(workspace, output)
  // Ctrl-C belongs to the REPL: it discards the current line and must not end this process.
  const ignore = (): void => {}
  process.on('SIGINT', ignore)
  try {
    const code = await runRepl(workspace)
    if (code !== 0) throw new ExitError(code)
  } finally {
    process.off('SIGINT', ignore)
  }
}

function runRepl(workspace: string): Promise<number> {
  const child = spawn(process.execPath, [join(workspace, OUTPUT_FOLDER, 'webstir', 'repl.js')], { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
