import { lstatSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { CommandError } from '../command-line/errors.ts'

/**
 * Looks at each step of a path inside a folder, and returns the last one's `lstat`, undefined where something on the
 * way is not there. Throws CommandError where a step is a symbolic link, which could lead out of the folder, or where
 * a file stands in place of a folder.
 */
export function lookWithin(folder: string, segments: readonly string[]): Stats | undefined {
  let path = folder
  let stat: Stats | undefined
  for (const [index, segment] of segments.entries()) {
    path = join(path, segment)
    stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return undefined
    if (stat.isSymbolicLink()) {
      throw new CommandError('SYMBOLIC_LINK', `${path} is a symbolic link, which is not followed`, {
        hint: 'put a real folder or file there',
      })
    }
    if (index < segments.length - 1 && !stat.isDirectory()) {
      throw new CommandError('NOT_A_FOLDER', `${path} is no folder`, { hint: 'move it away: a folder belongs there' })
    }
  }
  return stat
}
