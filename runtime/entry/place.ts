import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Env } from '../env.ts'

/**
 * The workspace that a file of build/backend belongs to, whatever the current folder. `depth`: how many folders
 * below build/backend the file lies. WORKSPACE_ROOT names another root; the build stays the file's own.
 */
export function placeOfFile(url: string, depth: number, env: Env = process.env): { root: string; build: string } {
  let build = dirname(fileURLToPath(url))
  for (let level = 0; level < depth; level++) build = dirname(build)
  const given = env.WORKSPACE_ROOT
  return { build, root: given ? resolve(given) : resolve(build, '..', '..') }
}
