import type { Manifest } from './job.ts'
import type { ListedJob } from './listing.ts'
import { problemText } from './problem-text.ts'

/** What a listing of these jobs leaves unsaid of the manifest's problems: unknown keys above all. */
export function remarks({ problems }: Manifest, listed: readonly ListedJob[]): string[] {
  if (problems.length === 0) return []
  const shown = new Set(listed.map(({ problem }) => problem))
  const ofSchedules = listed.flatMap(({ name, schedules }) =>
    schedules.flatMap(({ problem }) => (problem === null ? [] : [`${name}: ${problem}`])),
  )
  // What makes a schedule or a whole job unusable stands in the list itself.
  return problems
    .filter(({ code, job, message }) => {
      return code !== 'SCHEDULE' && !ofSchedules.some((text) => text.startsWith(`${job}: ${message}`))
    })
    .map(problemText)
    .filter((text) => !shown.has(text))
}
