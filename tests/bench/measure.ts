import { spawnSync } from 'node:child_process'
import { type Column, renderTable } from '../../runtime/support/table.ts'

/** Something that is measured beside others, over and over. */
export interface Candidate {
  readonly name: string
  /** Untimed, before each run. */
  prepare?(run: number): unknown
  work(run: number): unknown
}

/**
 * Medians in ms, in the order given. The candidates take turns, so that what else the machine does meets all of them
 * alike; the first round warms up and doesn't count.
 */
export async function medians(candidates: readonly Candidate[], runs: number): Promise<number[]> {
  const times: number[][] = candidates.map(() => [])
  for (let run = 0; run <= runs; run++) {
    for (const [index, candidate] of candidates.entries()) {
      await candidate.prepare?.(run)
      const begin = performance.now()
      await candidate.work(run)
      if (run > 0) times[index]?.push(performance.now() - begin)
    }
  }
  return times.map((own) => quantile(own, 0.5))
}

/** The value below which this part of the values lies; `part` in [0, 1]. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}

/** Runs `node` to its end; throws where it failed. */
export function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): string {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
  })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}:\n${stderr}${stdout}`)
  return stdout
}

/** Prints rows under titles; all but the first column are numbers. */
export function printTable(titles: readonly string[], rows: readonly (readonly string[])[]): void {
  const columns = titles.map((title, index): Column => ({ title, align: index === 0 ? 'left' : 'right' }))
  process.stdout.write(renderTable(columns, rows))
}

/** A ratio, and whether it keeps to its target. */
export function against(value: number, target: { atMost: number } | { atLeast: number }): string[] {
  const [limit, sign, isMet] =
    'atMost' in target ? [target.atMost, '<=', value <= target.atMost] : [target.atLeast, '>=', value >= target.atLeast]
  return [value.toFixed(value < 0.1 ? 3 : 2), `${sign} ${limit}`, isMet ? 'yes' : 'NO']
}
