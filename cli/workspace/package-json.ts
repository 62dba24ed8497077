import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError } from '../command-line/errors.ts'
import { writeAtomically } from './write-atomically.ts'

const OWNER_MAY_WRITE = 0o200

/** The text of a workspace's package.json that is about to be changed. Throws CommandError where it can't be. */
export function readForChange(workspace: string): string {
  const path = join(workspace, 'package.json')
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) {
    throw new CommandError('MANIFEST_MISSING', `${path}: there is no package.json`, {
      hint: 'name the workspace with --workspace PATH, or make one with "webstir init DIR"',
    })
  }
  if (stat.isSymbolicLink()) {
    throw new CommandError('SYMBOLIC_LINK', `${path} is a symbolic link, which is not followed`, {
      hint: 'put the file itself there, or name the folder it is in with --workspace PATH',
    })
  }
  if (!stat.isFile()) {
    throw new CommandError('MANIFEST_UNREADABLE', `${path} is no file`, { hint: 'put a package.json there' })
  }
  // Writing goes through a new file that takes the old one's name, which the old one's mode would not stop.
  if ((stat.mode & OWNER_MAY_WRITE) === 0) {
    throw new CommandError('READ_ONLY', `${path} is read-only`, { hint: 'allow writing: chmod u+w package.json' })
  }
  const bytes = readFileSync(path)
  const text = bytes.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes)) {
    throw new CommandError('NOT_UTF8', `${path} is not valid UTF-8`, { hint: 'save it as UTF-8' })
  }
  return text
}

/** Puts a new text in place of the old one: whole or not at all, with the same mode and owner. */
export function replacePackageJson(workspace: string, text: string): void {
  writeAtomically(join(workspace, 'package.json'), text)
}
