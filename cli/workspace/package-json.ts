import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser'
import { looseName } from '../../runtime/manifest/job-names.ts'
import { parseDocument } from '../../runtime/manifest/package-json.ts'
import { isArray, isObject, type JsonValue } from '../../runtime/support/json.ts'
import { CommandError } from '../command-line/errors.ts'
import { writeAtomically } from './files.ts'
import { appendItem, appendProperty, applyEdit, removeItem } from './json-edit.ts'

/** The manifest as it is in the text of a package.json, ready to be changed in place. */
export interface ManifestText {
  /** Where the jobs are, in words: `webstir.module.jobs`. */
  readonly key: string
  /** Entries that have a name, with their place in the array. */
  readonly entries: readonly { readonly name: string; readonly index: number }[]
  /** Jobs whose `after` names a job, in any spelling of it. */
  dependents(name: string): string[]
  /** How many entries there are in all. */
  readonly count: number
  /** The whole text with one more entry, nothing else being changed. */
  withEntry(entry: JsonValue): string
  /**
   * The whole text with a job renamed: the name of its entry, the `after` of others, and the old name in `formerly`, so that
   * its history is found.
   */
  renamed(index: number, from: string, to: string): string
  /** The whole text without these entries. */
  without(indexes: readonly number[]): string
}

/** Throws ManifestError where the text has not the form of a workspace's package.json. */
export async function openManifestText(workspace: string, text: string): Promise<ManifestText> {
  const { key, jobs } = await parseDocument(workspace, text)
  const path = key.split('.')
  const entries = jobs.flatMap((entry, index) =>
    isObject(entry) && typeof entry.name === 'string' ? [{ name: entry.name, index }] : [],
  )
  return {
    key,
    entries,
    dependents(name) {
      const wanted = looseName(name)
      return jobs.flatMap((entry) => {
        const after = isObject(entry) && isArray(entry.after) ? entry.after : []
        const isNamed = after.some((each) => typeof each === 'string' && looseName(each) === wanted)
        return isNamed && isObject(entry) && typeof entry.name === 'string' ? [entry.name] : []
      })
    },
    count: jobs.length,
    withEntry: (entry) => checked(workspace, add(text, path, entry), path, [...jobs, entry]),
    renamed: (index, from, to) => renamed(text, path, { index, from, to }),
    without(indexes) {
      const rest = [...indexes].sort((a, b) => b - a).reduce((left, index) => remove(left, path, index), text)
      return checked(
        workspace,
        rest,
        path,
        jobs.filter((_, index) => !indexes.includes(index)),
      )
    },
  }
}

function add(text: string, path: readonly string[], entry: JsonValue): string {
  const array = findNodeAtLocation(treeOf(text), [...path])
  return array === undefined ? addAt(text, path, [entry]) : applyEdit(text, appendItem(text, array, entry))
}

/** Puts a value where there is none yet: the deepest object on the way that is there takes what is missing. */
function addAt(text: string, path: readonly string[], value: JsonValue): string {
  const root = treeOf(text)
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const parent = findNodeAtLocation(root, path.slice(0, depth))
    const key = path[depth]
    if (parent?.type !== 'object' || key === undefined) continue
    const inner = path.slice(depth + 1).reduceRight<JsonValue>((within, step) => ({ [step]: within }), value)
    return applyEdit(text, appendProperty(text, parent, key, inner))
  }
  throw new Error('package.json is not an object')
}

/**
 * The text of a package.json with values added at paths where there are none. Throws CommandError MANIFEST_SHAPE where
 * something on the way is not an object.
 */
export function addMissing(
  text: string,
  additions: readonly { readonly path: readonly string[]; readonly value: JsonValue }[],
): string {
  return additions.reduce((changed, { path, value }) => {
    for (let depth = 0; depth < path.length; depth++) {
      const parent = findNodeAtLocation(treeOf(changed), path.slice(0, depth))
      if (parent === undefined || parent.type === 'object') continue
      throw new CommandError('MANIFEST_SHAPE', `package.json: ${path.slice(0, depth).join('.')} is not an object`, {
        hint: 'make it an object, or remove it',
      })
    }
    return addAt(changed, path, value)
  }, text)
}

function renamed(
  text: string,
  path: readonly string[],
  { index, from, to }: { readonly index: number; readonly from: string; readonly to: string },
): string {
  const entries = findNodeAtLocation(treeOf(text), [...path])?.children ?? []
  const values = entries.flatMap((entry, at) => {
    const name = at === index ? findNodeAtLocation(entry, ['name']) : undefined
    const after = findNodeAtLocation(entry, ['after'])?.children ?? []
    const own = after.filter(({ value }) => typeof value === 'string' && looseName(value) === looseName(from))
    return [...(name === undefined ? [] : [name]), ...own]
  })
  // From the end, so that what is before it keeps its offset.
  const edits = values
    .sort((a, b) => b.offset - a.offset)
    .map(({ offset, length }) => ({ offset, length, text: JSON.stringify(to) }))
  return withFormerName(edits.reduce(applyEdit, text), [...path, index], from)
}

function withFormerName(text: string, path: readonly (string | number)[], name: string): string {
  const entry = findNodeAtLocation(treeOf(text), [...path])
  if (entry === undefined) throw new RangeError(`${path.join('.')} is not there`)
  const names = findNodeAtLocation(entry, ['formerly'])
  if (names === undefined) return applyEdit(text, appendProperty(text, entry, 'formerly', [name]))
  if (names.children?.some(({ value }) => value === name) === true) return text
  return applyEdit(text, appendItem(text, names, name))
}

function remove(text: string, path: readonly string[], index: number): string {
  const array = findNodeAtLocation(treeOf(text), [...path])
  if (array === undefined) throw new RangeError(`${path.join('.')} is not there`)
  return applyEdit(text, removeItem(array, index))
}

/** Where a key occurs twice, the text that was edited is not the one that counts: better not to write it. */
function checked(workspace: string, text: string, path: readonly string[], expected: readonly JsonValue[]): string {
  const root: unknown = JSON.parse(text.replace(/^\ufeff/, ''))
  const jobs = path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), root)
  if (JSON.stringify(jobs) === JSON.stringify(expected)) return text
  throw new CommandError('MANIFEST_SHAPE', `${join(workspace, 'package.json')} has a key of ${path.join('.')} twice`, {
    hint: 'remove one of the two by hand; only the last one counts',
  })
}

function treeOf(text: string): Node {
  // The parser takes a byte order mark for an unknown word; a space in its place keeps all offsets.
  const tree = parseTree(text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text)
  if (tree === undefined) throw new Error('package.json is empty')
  return tree
}

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
    throw new CommandError('MANIFEST_UNREADABLE', `${path} is not a file`, { hint: 'put a package.json there' })
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
