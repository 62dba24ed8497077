import { readFileSync } from 'node:fs'
import dotenv from 'dotenv'

/** Fills `env` from these files; what is set already stays. Apart from the rest, so that dotenv is loaded only where there are any. */
export function fillFromFiles(files: readonly string[], env: Record<string, string | undefined>): void {
  for (const file of files) {
    for (const [name, value] of Object.entries(dotenv.parse(readFileSync(file)))) env[name] ??= value
  }
}
