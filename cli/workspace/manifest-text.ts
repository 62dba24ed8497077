import { join } from 'node:path'
import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser'
import type { JsonValue } from '../../runtime/json.ts'
import { parseDocument } from '../../runtime/manifest/document.ts'
import { isObject } from '../../runtime/manifest/json-object.ts'
import { CommandError } from '../command-line/errors.ts'
import { appendItem, appendProperty, applyEdit, removeItem } from './json-edit.ts'

/** The manifest as it stands in the text of a package.json, ready to be changed in place. */
export interface ManifestText {
  /** Where the jobs are, in words: `webstir.module.jobs`. */
  readonly key: string
  /** Entries that have a name, with their place in the array. */
  readonly entries: readonly { readonly name: string; readonly index: number }[]
  /** How many entries there are in all. */
  readonly count: number
  /** The whole text with one more entry, nothing else being changed. */
  withEntry(entry: JsonValue): string
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
    count: jobs.length,
    withEntry: (entry) => checked(workspace, add(text, path, entry), path, [...jobs, entry]),
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
  const root = treeOf(text)
  const array = findNodeAtLocation(root, [...path])
  if (array !== undefined) return applyEdit(text, appendItem(text, array, entry))
  // The deepest object on the way that is there takes what is missing.
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const parent = findNodeAtLocation(root, path.slice(0, depth))
    const key = path[depth]
    if (parent?.type !== 'object' || key === undefined) continue
    const value = path.slice(depth + 1).reduceRight<JsonValue>((inner, step) => ({ [step]: inner }), [entry])
    return applyEdit(text, appendProperty(text, parent, key, value))
  }
  throw new Error('package.json is no object')
}

function remove(text: string, path: readonly string[], index: number): string {
  const array = findNodeAtLocation(treeOf(text), [...path])
  if (array === undefined) throw new RangeError(`${path.join('.')} is not there`)
  return applyEdit(text, removeItem(array, index))
}

/** Where a key stands twice, the text that was edited is not the one that counts: better not to write it. */
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
