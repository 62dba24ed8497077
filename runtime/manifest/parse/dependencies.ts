import { didYouMean } from '../../support/suggest.ts'
import { looseName } from '../job-names.ts'
import type { ManifestProblem } from '../problems.ts'
import type { Job } from '../types.ts'

/** A job that was read, with its index in the manifest. */
export interface PlacedJob {
  readonly job: Job
  readonly path: string
}

/**
 * Resolves what each job waits for: the names in `after` become the names as the manifest has them. Jobs that wait for
 * one that doesn't exist, or for themselves through any number of others, are left out, each with an error.
 * `names` are all names of the manifest, those of jobs that could not be read included.
 */
export function settleAfter(
  placed: readonly PlacedJob[],
  names: readonly string[],
): { jobs: Job[]; problems: ManifestProblem[] } {
  const problems: ManifestProblem[] = []
  const byLooseName = new Map(names.map((name) => [looseName(name), name]))
  const settled: PlacedJob[] = []
  for (const { job, path } of placed) {
    const after = job.after.map((name) => byLooseName.get(looseName(name)))
    const missing = after.indexOf(undefined)
    if (missing < 0) {
      settled.push({
        path,
        job: job.after.length === 0 ? job : { ...job, after: after.filter((name) => name !== undefined) },
      })
      continue
    }
    const given = job.after[missing] ?? ''
    problems.push({
      severity: 'error',
      code: 'UNKNOWN_JOB',
      job: job.name,
      path: `${path}.after[${missing}]`,
      message: `names "${given}", which is not a job of this manifest`,
      hint: didYouMean(given, names) ?? 'name a job of this manifest, or remove it',
    })
  }
  const waits = new Map(settled.map(({ job }) => [job.name, job.after]))
  const jobs: Job[] = []
  for (const { job, path } of settled) {
    const circle = job.after.length === 0 ? undefined : circleFrom(job.name, waits)
    if (circle === undefined) {
      jobs.push(job)
      continue
    }
    problems.push({
      severity: 'error',
      code: 'CIRCLE',
      job: job.name,
      path: `${path}.after`,
      message: `depends on itself: ${circle.join(' -> ')}`,
      hint: 'take one of them out of the other\'s "after"',
    })
  }
  return { jobs, problems }
}

/** The path from a job through `after` back to itself; undefined where there is none. */
function circleFrom(start: string, waits: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const visited = new Set<string>()
  const ways = [[start]]
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    for (const next of waits.get(way.at(-1) ?? '') ?? []) {
      if (next === start) return [...way, start]
      if (visited.has(next)) continue
      visited.add(next)
      ways.push([...way, next])
    }
  }
  return undefined
}
