import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CommandError } from '../command-line/errors.ts'

/**
 * The absolute path of the workspace: the folder given with `--workspace`, else the nearest one, from the current
 * folder upward, whose package.json has `webstir`. Throws CommandError (NO_WORKSPACE) where there is none.
 */
export function findWorkspace(given: string | undefined, from: string = process.cwd()): string {
  if (given !== undefined) return checked(resolve(from, given))
  for (let folder = from; ; folder = dirname(folder)) {
    if (mentionsWebstir(join(folder, 'package.json'))) return folder
    if (dirname(folder) === folder) break
  }
  throw new CommandError(
    'NO_WORKSPACE',
    `${from} is in no workspace: no package.json from here upward has a "webstir" key`,
    {
      hint: 'make one with "webstir init DIR", or name one with --workspace PATH',
    },
  )
}

function checked(folder: string): string {
  const stat = statSync(folder, { throwIfNoEntry: false })
  if (stat?.isDirectory() !== true) {
    throw new CommandError('NO_WORKSPACE', `--workspace ${folder}: there is no such folder`, {
      hint: 'name the folder that holds the package.json, or make it with "webstir init DIR"',
    })
  }
  return folder
}

/** Broken JSON counts when it names the key: the command that opens it then says where it is broken. */
function mentionsWebstir(path: string): boolean {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return false
  }
  if (!text.includes('"webstir"')) return false
  try {
    const root: unknown = JSON.parse(text)
    return typeof root === 'object' && root !== null && 'webstir' in root
  } catch {
    return true
  }
}
