import type { Manifest } from './job.ts'
import type { ListedJob } from './listing.ts'
import { problemText } from './problem-text.ts'

/** What is to be said beside a listing of these jobs: what it leaves unsaid of problems, and what it can't know. */
export function remarks(manifest: Manifest, listed: readonly ListedJob[]): string[] {
  const unknown = listed.flatMap(({ name, codeSchedules }) => (codeSchedules === 'unknown' ? name : []))
  return [...unsaid(manifest, listed), ...unknownInCode(unknown)]
}

/** Names in a remark before it says how many more there are. */
const NAMED = 5

/** Says of the jobs of these names that their schedules in code are unknown; nothing where there are none. */
export function unknownInCode(names: readonly string[]): string[] {
  if (names.length === 0) return []
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  return [
    `what ${names.slice(0, NAMED).join(', ')}${more} may declare in meta() is unknown until a build: webstir build`,
  ]
}

/** Unknown keys above all: what makes a schedule or a whole job unusable stands in the list itself. */
function unsaid({ problems }: Manifest, listed: readonly ListedJob[]): string[] {
  if (problems.length === 0) return []
  const shown = new Set(listed.map(({ problem }) => problem))
  const ofSchedules = listed.flatMap(({ name, schedules }) =>
    schedules.flatMap(({ problem }) => (problem === null ? [] : [`${name}: ${problem}`])),
  )
  return problems
    .filter(({ code, job, message }) => {
      return code !== 'SCHEDULE' && !ofSchedules.some((text) => text.startsWith(`${job}: ${message}`))
    })
    .map(problemText)
    .filter((text) => !shown.has(text))
}
