import { loadManifest } from '../../runtime/manifest/load.ts'
import { LoopSchedules, type ScheduleCursor } from '../../runtime/scheduler/cursor.ts'
import type { Attempt, Execution } from '../../runtime/store/execution.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Sighting } from './chaos-witness.ts'

/** A line of fires, and the first instant that belongs to it. */
export interface LedgerLine extends ScheduleCursor {
  readonly anchor: number
}

/** What a store holds when the storm is over. */
export interface Ledger {
  readonly lines: readonly LedgerLine[]
  readonly executions: readonly Execution[]
  /** Of the executions that were not over after the first one. */
  readonly attempts: readonly Attempt[]
}

/** Reads all of a store. Every schedule must be a rate: their anchor says when their fires begin. */
export async function readLedger(workspace: string, url: string): Promise<Ledger> {
  const { jobs } = await loadManifest({ workspace, env: {} })
  const store = await openStore(url, { workspace })
  try {
    // Known keys keep their state, so this only reads it.
    const cursors = await new LoopSchedules(jobs).register(store, { now: Date.now(), retireOthers: false })
    const known = await store.scheduleTexts()
    const lines = cursors.map((cursor) => {
      const anchor = known.get(cursor.definition.key)?.anchor ?? null
      if (anchor === null) throw new Error(`${cursor.job.name} has no anchor`)
      return { ...cursor, anchor }
    })
    const executions = await store.executions({ limit: 10_000_000 })
    const attempts: Attempt[] = []
    for (const { id, attempt, recoveries, status } of executions) {
      if (attempt > 1 || recoveries > 0 || status === 'STALE') attempts.push(...(await store.attempts(id)))
    }
    return { lines, executions, attempts }
  } finally {
    await store.close()
  }
}

/**
 * What is wrong with the fires up to the marks: each must have exactly one row, or be counted in exactly one row of
 * skips. Empty when all is well.
 */
export function faultsOfFires({ lines, executions }: Ledger): string[] {
  const byKey = new Map<string, Execution[]>()
  for (const execution of executions) {
    const line = byKey.get(execution.scheduleKey)
    if (line === undefined) byKey.set(execution.scheduleKey, [execution])
    else line.push(execution)
  }
  return lines.flatMap((line) => faultsOfLine(line, byKey.get(line.definition.key) ?? []))
}

function faultsOfLine({ job, schedule, anchor, watermark }: LedgerLine, rows: readonly Execution[]): string[] {
  const faults: string[] = []
  const fault = (instant: number, text: string): void => {
    faults.push(`${job.name} ${new Date(instant).toISOString()}: ${text}`)
  }
  const due = [...schedule.between(new Date(anchor), new Date(watermark + 1))].map((fire) => fire.getTime())
  const own = new Map<number, number>()
  for (const { scheduledFor } of rows) own.set(scheduledFor, (own.get(scheduledFor) ?? 0) + 1)
  const skips = rows.filter(({ status }) => status === 'SKIPPED')
  const counted = new Map<number, number>()
  for (const skip of skips) {
    for (const instant of countedIn(skip, due)) counted.set(instant, (counted.get(instant) ?? 0) + 1)
  }
  for (const instant of due) {
    const times = (own.get(instant) ?? 0) + (counted.get(instant) ?? 0)
    if (times !== 1) fault(instant, times === 0 ? 'lost' : `claimed ${times} times`)
    own.delete(instant)
  }
  for (const instant of own.keys()) fault(instant, 'was never due')
  const claimed = rows.length - skips.length + skips.reduce((sum, { skipCount }) => sum + skipCount, 0)
  if (claimed !== due.length) faults.push(`${job.name}: ${claimed} fires on record, ${due.length} were due`)
  return faults
}

/** The fires that a row of skips stands for beside its own. */
function countedIn({ scheduledFor, skippedUntil }: Execution, due: readonly number[]): number[] {
  return due.filter((instant) => scheduledFor < instant && instant <= (skippedUntil ?? scheduledFor))
}

/** What the jobs saw that must not be: a fire that ran more than once though nobody died under it. */
export function faultsOfSightings(sightings: readonly Sighting[]): string[] {
  const starts = new Map<string, number>()
  for (const { kind, job, scheduledFor, attempt } of sightings) {
    if (kind !== 'start') continue
    const fire = `${job} ${new Date(scheduledFor).toISOString()} attempt ${attempt}`
    starts.set(fire, (starts.get(fire) ?? 0) + 1)
  }
  return [...starts].flatMap(([fire, times]) => (times === 1 ? [] : [`${fire}: ran ${times} times`]))
}

/**
 * Runs of one exclusive job that were under way at the same time. `endOf` gives the end of a run that its process did
 * not live to see.
 */
export function faultsOfOverlap(
  sightings: readonly Sighting[],
  isExclusive: (job: string) => boolean,
  endOf: (start: Sighting) => number,
): string[] {
  const ends = new Map(sightings.flatMap((one) => (one.kind === 'end' ? [[runOf(one), one.at] as const] : [])))
  const starts = sightings.filter(({ kind, job }) => kind === 'start' && isExclusive(job))
  const faults: string[] = []
  const last = new Map<string, { readonly start: Sighting; readonly end: number }>()
  for (const start of [...starts].sort((a, b) => a.at - b.at)) {
    const before = last.get(start.job)
    if (before !== undefined && start.at < before.end) {
      const both = `${runOf(before.start)} and ${runOf(start)}`
      faults.push(`${start.job}: ${both} ran beside each other for ${before.end - start.at} ms`)
    }
    last.set(start.job, { start, end: ends.get(runOf(start)) ?? endOf(start) })
  }
  return faults
}

/** Identifies one attempt of one execution. */
export const runOf = ({ executionId, attempt }: Sighting): string => `${executionId}/${attempt}`
