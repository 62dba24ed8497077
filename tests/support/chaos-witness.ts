import { readFile } from 'node:fs/promises'

/** What the jobs of a chaos test saw themselves, in a file of their own: it owes nothing to the store. */
export interface Sighting {
  readonly kind: 'start' | 'end'
  readonly job: string
  readonly executionId: string
  readonly attempt: number
  /** ms since the epoch, as is `at`. */
  readonly scheduledFor: number
  readonly pid: number
  readonly at: number
}

/** Where the jobs write what they see; relative to the workspace. */
export const WITNESS = 'witness.jsonl'

/** What a job of a chaos test does, as the one argument of its manifest entry. */
export interface ChaosWork {
  /** Sleeps between `least` and `most` ms; `heeds` the signal, or doesn't; or keeps the event loop from turning. */
  readonly work: 'none' | 'sleep' | 'block'
  readonly least?: number
  readonly most?: number
  readonly heeds?: boolean
}

/** The module of every job of a chaos test. Lines are short enough to be appended in one piece by many processes. */
export const WITNESS_MODULE = `import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
const file = join(import.meta.dirname, '../../../..', '${WITNESS}')
const say = (kind, { job, executionId, attempt, scheduledFor }) =>
  appendFileSync(file, JSON.stringify({ kind, job, executionId, attempt, scheduledFor: scheduledFor.getTime(),
    pid: process.pid, at: Date.now() }) + '\\n')
export async function run(ctx) {
  const [{ work, least = 0, most = 0, heeds = true }] = ctx.args
  say('start', ctx)
  const time = least + Math.floor(Math.random() * (most - least + 1))
  if (work === 'block') for (const end = Date.now() + time; Date.now() < end; );
  if (work === 'sleep') await new Promise((resolve, reject) => {
    setTimeout(resolve, time)
    if (heeds) ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
  })
  say('end', ctx)
}
`

/** Reads what was seen, in the order in which it was written. A process that was killed may leave half a line. */
export async function readSightings(path: string): Promise<Sighting[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line): Sighting[] => {
    try {
      return [JSON.parse(line)]
    } catch {
      return []
    }
  })
}
