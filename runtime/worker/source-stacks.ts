import { readFile, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { isError } from '../support/thrown.ts'
import { type FilePlace, type SourcePlace, sourcePlaces } from './source-map.ts'

/** A map larger than this, in bytes, is read in a thread: on the loop it would hold up other jobs. */
const LARGE = 1024 * 1024

/** How many errors are looked into: causes may be a circle, and an AggregateError large. */
const MOST = 20

/**
 * Lets the stacks of what a job has thrown, and of its causes, point at the sources: `src/backend/jobs/nightly/index.ts`.
 * Our own frames and Node's internal ones are left out. Never rejects; what can't be read stays as it is. `build`:
 * absolute path of build/backend.
 */
export async function pointAtSources(thrown: unknown, build: string): Promise<void> {
  const errors = [...errorsIn(thrown)].slice(0, MOST)
  const frames = errors.flatMap(({ stack }) => stack.split('\n').flatMap((line) => frameIn(line, build) ?? []))
  const files = new Map(frames.map(({ file }) => [file, frames.filter((frame) => frame.file === file)]))
  const places = await Promise.all([...files].map(([file, those]) => lookUp(file, those, build).catch(() => [])))
  const known = new Map(places.flat())
  for (const { error, stack } of errors) {
    const lines = stack.split('\n').filter((line) => !isInternal(line, build))
    const text = lines.map((line) => {
      const frame = frameIn(line, build)
      const place = frame === undefined ? undefined : known.get(keyOf(frame))
      return frame === undefined || place === undefined ? line : `${frame.before}${place}${frame.after}`
    })
    setStack(error, text.join('\n'))
  }
}

function* errorsIn(thrown: unknown): Generator<{ error: Error; stack: string }> {
  const waiting = [thrown]
  const seen = new Set<unknown>()
  for (let error = waiting.shift(); error !== undefined && seen.size < MOST; error = waiting.shift()) {
    if (seen.has(error)) continue
    seen.add(error)
    if (!isError(error)) continue
    const [stack, cause, errors] = [read(error, 'stack'), read(error, 'cause'), read(error, 'errors')]
    if (typeof stack === 'string') yield { error, stack }
    waiting.push(cause, ...(Array.isArray(errors) ? errors.slice(0, MOST) : []))
  }
}

/** A job may throw what can't be read, or changed. */
function read(error: Error, property: string): unknown {
  try {
    return Reflect.get(error, property)
  } catch {
    return undefined
  }
}

function setStack(error: Error, stack: string): void {
  try {
    error.stack = stack
  } catch {}
}

interface Frame extends FilePlace {
  /** Absolute. */
  readonly file: string
  readonly before: string
  readonly after: string
}

const FRAME = /^(\s+at (?:.*\()?)((?:file:\/\/|\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)(\)?)$/

/** A line of a stack that names a place in the build. */
function frameIn(line: string, build: string): Frame | undefined {
  const [, before = '', path = '', row, column, after = ''] = FRAME.exec(line) ?? []
  if (path === '') return undefined
  const file = path.startsWith('file:') ? pathOf(path) : path
  if (!file.startsWith(build)) return undefined
  return { file, before, after, line: Number(row), column: Number(column) }
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url.replace(/[?#].*$/, ''))
  } catch {
    return url
  }
}

const OWN = dirname(fileURLToPath(import.meta.url))

function isInternal(line: string, build: string): boolean {
  if (/^\s+at .*\bnode:internal\//.test(line)) return true
  const path = FRAME.exec(line)?.[2]
  if (path === undefined) return false
  const folder = dirname(path.startsWith('file:') ? pathOf(path) : path)
  return folder === OWN || folder === join(build, 'webstir')
}

const keyOf = ({ file, line, column }: Frame): string => `${file}:${line}:${column}`

/** Where places of one built file were written, as paths from the workspace on. */
async function lookUp(file: string, frames: readonly Frame[], build: string): Promise<[string, string][]> {
  const map = `${file}.map`
  const { size, mtimeMs } = await stat(map)
  // What was built after this process began need not be what it has loaded.
  if (mtimeMs > performance.timeOrigin) return []
  const places = size > LARGE ? await inThread(map, frames) : sourcePlaces(await readFile(map, 'utf8'), frames)
  const root = dirname(dirname(build))
  return frames.flatMap((frame, index): [string, string][] => {
    const place = places[index]
    if (place === null || place === undefined) return []
    const source = relative(root, resolve(dirname(map), place.source)).replaceAll('\\', '/')
    return [[keyOf(frame), `${source}:${place.line}:${place.column}`]]
  })
}

/** What the thread is given. */
export interface MapQuestion {
  readonly map: string
  readonly places: readonly FilePlace[]
}

function inThread(map: string, frames: readonly FilePlace[]): Promise<(SourcePlace | null)[]> {
  const question: MapQuestion = { map, places: frames.map(({ line, column }) => ({ line, column })) }
  return new Promise((done, fail) => {
    const thread = new Worker(new URL('./source-map-thread.js', import.meta.url), { workerData: question })
    thread.once('message', done)
    thread.once('error', fail)
    thread.once('exit', () => fail(new Error('the thread ended without an answer')))
  })
}
