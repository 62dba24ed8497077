import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FilePlace } from './source-map.ts'

/** A line of a stack that names a place in the build. */
export interface Frame extends FilePlace {
  /** Absolute. */
  readonly file: string
  readonly before: string
  readonly after: string
}

const FRAME = /^(\s+at (?:async )?(?:.*\()?)((?:file:\/\/|\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)(\)?(?: \{)?)$/

/** Undefined for any other line. `build`: absolute path of build/backend. */
export function frameIn(line: string, build: string): Frame | undefined {
  const [, before = '', path = '', row, column, after = ''] = FRAME.exec(line) ?? []
  if (path === '') return undefined
  const file = path.startsWith('file:') ? pathOf(path) : path
  if (!file.startsWith(build)) return undefined
  return { file, before, after, line: Number(row), column: Number(column) }
}

/** Frames of one place have one key. */
export const keyOf = ({ file, line, column }: Frame): string => `${file}:${line}:${column}`

const OWN = dirname(fileURLToPath(import.meta.url))

/** Whether a line is one of our own frames, or of Node's internal ones. */
export function isInternal(line: string, build: string): boolean {
  if (/^\s+at .*\bnode:internal\//.test(line)) return true
  const path = FRAME.exec(line)?.[2]
  if (path === undefined) return false
  const folder = dirname(path.startsWith('file:') ? pathOf(path) : path)
  return folder === OWN || folder === join(build, 'webstir')
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url.replace(/[?#].*$/, ''))
  } catch {
    return url
  }
}
