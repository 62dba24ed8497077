import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Environment variables as this project passes them around: `process.env` without its magic. */
export type Env = Record<string, string | undefined>

/**
 * Fills `env` from the workspace's `.env` files, silently. What is set already stays; then, first come first served,
 * `.env.NODE_ENV.local`, `.env.local`, `.env.NODE_ENV`, `.env`.
 */
export async function loadEnvFiles(workspace: string, env: Env = process.env): Promise<void> {
  const mode = env.NODE_ENV
  const names = mode ? [`.env.${mode}.local`, '.env.local', `.env.${mode}`, '.env'] : ['.env.local', '.env']
  const files = names.map((name) => join(workspace, name)).filter((file) => existsSync(file))
  if (files.length === 0) return
  const { fillFromFiles } = await import('./env-files.ts')
  fillFromFiles(files, env)
}
