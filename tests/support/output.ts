import picocolors from 'picocolors'
import type { Output } from '../../cli/command-line/output.ts'

/** An output that keeps what was printed, without colours. */
export interface KeptOutput extends Output {
  readonly printed: string[]
  readonly errors: string[]
  readonly warnings: string[]
  readonly values: unknown[]
}

export function keepOutput({ json = false, width }: { json?: boolean; width?: number } = {}): KeptOutput {
  const kept = { printed: [] as string[], errors: [] as string[], warnings: [] as string[] }
  const values: unknown[] = []
  return {
    ...kept,
    values,
    out: (line) => void kept.printed.push(line),
    err: (line) => void kept.errors.push(line),
    warn: (message) => void kept.warnings.push(message),
    data: (value) => void values.push(value),
    json,
    width,
    color: picocolors.createColors(false),
    interactive: false,
  }
}
