import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Env } from '../env.ts'
import { JobsError } from '../errors.ts'

/** `WORKSPACE_ROOT`, else the nearest folder from `from` upward whose package.json has `webstir`. Absolute. */
export function findWorkspace(from: string = process.cwd(), env: Env = process.env): string {
  const given = env.WORKSPACE_ROOT
  if (given) return resolve(given)
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (isWorkspace(folder)) return folder
    if (dirname(folder) === folder) break
  }
  throw new JobsError(
    'NO_WORKSPACE',
    `no workspace from ${resolve(from)} upward: no package.json there has "webstir"`,
    {
      hint: 'name it (the option workspace, or WORKSPACE_ROOT), or make one: webstir init DIR',
    },
  )
}

function isWorkspace(folder: string): boolean {
  try {
    const { webstir } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { webstir?: unknown }
    return webstir !== null && typeof webstir === 'object'
  } catch {
    return false
  }
}
