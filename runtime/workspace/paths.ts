import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Env } from '../support/env.ts'
import { JobsError } from '../support/errors.ts'

/** The root that the environment names, else the nearest folder from `from` upward whose package.json has `webstir`. Absolute. */
export function findWorkspace(from: string = process.cwd(), env: Env = process.env): string {
  const given = givenRoot(env)
  if (given !== undefined) return given
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (isWorkspace(folder)) return folder
    if (dirname(folder) === folder) break
  }
  throw new JobsError(
    'NO_WORKSPACE',
    `no workspace from ${resolve(from)} upward: no package.json there has "webstir"`,
    {
      hint: 'name it (the option workspace, or WORKSPACE_ROOT), or make one with "webstir init DIR"',
    },
  )
}

/**
 * The workspace that a file of build/backend belongs to, whatever the current folder. `depth`: how many folders
 * below build/backend the file lies. WORKSPACE_ROOT names another root; the build stays the file's own.
 */
export function workspaceOfFile(url: string, depth: number, env: Env = process.env): { root: string; build: string } {
  let build = dirname(fileURLToPath(url))
  for (let level = 0; level < depth; level++) build = dirname(build)
  return { build, root: givenRoot(env) ?? resolve(build, '..', '..') }
}

/** Where a built workspace lies on the disk; absolute paths. */
export interface WorkspacePaths {
  readonly root: string
  /** build/backend */
  readonly build: string
}

/** The paths of a workspace whose root is known. */
export function workspacePaths(root: string): WorkspacePaths {
  return { root: resolve(root), build: join(resolve(root), 'build', 'backend') }
}

function isWorkspace(folder: string): boolean {
  try {
    const { webstir } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { webstir?: unknown }
    return webstir !== null && typeof webstir === 'object'
  } catch {
    return false
  }
}

/** `WORKSPACE_ROOT`, or `WEBSTIR_WORKSPACE_ROOT` as Webstir sets it; a blank one counts as unset. */
function givenRoot(env: Env): string | undefined {
  const given = env.WORKSPACE_ROOT?.trim() || env.WEBSTIR_WORKSPACE_ROOT?.trim()
  return given ? resolve(given) : undefined
}
