import { readFileSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { builtin } from '../support/builtin.ts'
import { isError } from '../support/thrown.ts'
import { type Frame, frameIn, isInternal, keyOf } from './source-frames.ts'
import { type FilePlace, type SourcePlace, sourcePlaces } from './source-map.ts'

/** A map larger than this, in bytes, is read in a thread: on the loop it would hold up other jobs. */
const LARGE = 1024 * 1024

/** How many errors are looked into: causes may be a circle, and an AggregateError large. */
const MOST = 20
/** So many places are remembered. */
const MOST_PLACES = 1000

/**
 * Lets stacks point at the sources: `src/backend/jobs/nightly/index.ts`. Our own frames and Node's internal ones are left
 * out. What can't be read stays as it is; nothing here throws or rejects. A map is read when a place in it is first asked
 * for, and not kept; the places are.
 */
export class SourceStacks {
  readonly #build: string
  /** By frame; undefined where the map knows of none. */
  readonly #places = new Map<string, string | undefined>()
  readonly #inThread = new Set<string>()

  /** `build`: absolute path of build/backend. */
  constructor(build: string) {
    this.#build = build
  }

  /** Changes the stacks of what a job has thrown, and of its causes. */
  async point(thrown: unknown): Promise<void> {
    const errors = [...errorsIn(thrown)].slice(0, MOST)
    const unknown = errors.flatMap(({ stack }) => this.#unknownIn(stack))
    await Promise.all([...unknownByFile(unknown)].map(([file, frames]) => this.#lookUp(file, frames)))
    for (const { error, stack } of errors) setStack(error, this.#pointed(stack))
  }

  /**
   * The same for the text of a stack, at once: as a log needs it. A large map is read in a thread for the next line; this
   * one has the places of the build.
   */
  now(stack: string): string {
    for (const [file, frames] of unknownByFile(this.#unknownIn(stack))) this.#lookUpNow(file, frames)
    return this.#pointed(stack)
  }

  #unknownIn(stack: string): Frame[] {
    const frames = stack.split('\n').flatMap((line) => frameIn(line, this.#build) ?? [])
    return frames.filter((frame) => !isOwn(frame, this.#build) && !this.#places.has(keyOf(frame)))
  }

  #pointed(stack: string): string {
    const shown: string[] = []
    for (const line of stack.split('\n')) {
      if (!isInternal(line, this.#build)) {
        const frame = frameIn(line, this.#build)
        const place = frame === undefined ? undefined : this.#places.get(keyOf(frame))
        shown.push(frame === undefined || place === undefined ? line : `${frame.before}${place}${frame.after}`)
      } else if (line.endsWith(' {')) {
        // What an error has beside its stack begins behind the last frame.
        shown.push(`${shown.pop() ?? ''} {`)
      }
    }
    return shown.join('\n')
  }

  async #lookUp(file: string, frames: readonly Frame[]): Promise<void> {
    const map = `${file}.map`
    try {
      const found = await stat(map)
      if (!isAsLoaded(found)) return
      const isLarge = found.size > LARGE
      const places = isLarge ? await inThread(map, frames) : sourcePlaces(await readFile(map, 'utf8'), frames)
      this.#remember(map, frames, places)
    } catch {
      // Without a map, or with one that can't be read, the places of the build are what there is.
    }
  }

  #lookUpNow(file: string, frames: readonly Frame[]): void {
    const map = `${file}.map`
    try {
      const found = statSync(map)
      if (!isAsLoaded(found)) return
      if (found.size <= LARGE) this.#remember(map, frames, sourcePlaces(readFileSync(map, 'utf8'), frames))
      else this.#lookUpForNextTime(file, frames)
    } catch {
      this.#remember(
        map,
        frames,
        frames.map(() => null),
      )
    }
  }

  /** One thread a file at a time. */
  #lookUpForNextTime(file: string, frames: readonly Frame[]): void {
    if (this.#inThread.has(file)) return
    this.#inThread.add(file)
    void this.#lookUp(file, frames).then(() => this.#inThread.delete(file))
  }

  /** The places as paths from the workspace on. */
  #remember(map: string, frames: readonly Frame[], places: readonly (SourcePlace | null)[]): void {
    const root = dirname(dirname(this.#build))
    if (this.#places.size > MOST_PLACES) this.#places.clear()
    for (const [index, frame] of frames.entries()) {
      const place = places[index] ?? null
      const source = place === null ? '' : relative(root, resolve(dirname(map), place.source)).replaceAll('\\', '/')
      this.#places.set(keyOf(frame), place === null ? undefined : `${source}:${place.line}:${place.column}`)
    }
  }
}

/** What was built after this process began need not be what it has loaded. */
const isAsLoaded = ({ mtimeMs }: { readonly mtimeMs: number }): boolean => mtimeMs <= performance.timeOrigin

const isOwn = ({ file }: Frame, build: string): boolean => dirname(file) === resolve(build, 'webstir')

function unknownByFile(frames: readonly Frame[]): ReadonlyMap<string, readonly Frame[]> {
  return new Map(frames.map(({ file }) => [file, frames.filter((frame) => frame.file === file)]))
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

/** What the thread is given. */
export interface MapQuestion {
  readonly map: string
  readonly places: readonly FilePlace[]
}

function inThread(map: string, frames: readonly FilePlace[]): Promise<(SourcePlace | null)[]> {
  const question: MapQuestion = { map, places: frames.map(({ line, column }) => ({ line, column })) }
  return new Promise((done, fail) => {
    const thread = new (builtin('node:worker_threads').Worker)(new URL('./source-map-thread.js', import.meta.url), {
      workerData: question,
    })
    thread.once('message', done)
    thread.once('error', fail)
    thread.once('exit', () => fail(new Error('the thread ended without an answer')))
  })
}
