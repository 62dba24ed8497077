import { JobsError } from '../support/errors.ts'
import { didYouMean, nearest } from '../support/suggest.ts'
import { problemText } from './problems.ts'
import type { Job, Manifest } from './types.ts'

/** What is wrong with a name, and what to do about it. */
export interface NameFault {
  readonly message: string
  readonly hint: string
  /** A good name made from the bad one; undefined where nothing is left of it. */
  readonly suggestion: string | undefined
}

const LONGEST = 100

/** Names that Windows keeps for devices, whatever the folder ("Naming Files, Paths, and Namespaces", Microsoft). */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/i

/**
 * Why `name` can't be the name of a job; null where it can. A name is one segment of a path on every system: 1 to 100
 * ASCII letters, digits, `-` and `_`, at least one of them a letter or digit, and no name that Windows reserves.
 */
export function checkJobName(name: string): NameFault | null {
  const wrong = faultOf(name)
  if (wrong === null) return null
  const suggestion = suggestName(name)
  return {
    message: `${JSON.stringify(name)} can't be the name of a job: ${wrong}`,
    hint: suggestion === undefined ? 'use letters, digits, "-" and "_"' : `use "${suggestion}"`,
    suggestion,
  }
}

function faultOf(name: string): string | null {
  if (name === '') return 'it is empty'
  if (name.length > LONGEST) return `it has ${name.length} characters, more than ${LONGEST}`
  if (!/^[A-Za-z0-9_-]*$/.test(name)) return 'only letters, digits, "-" and "_" are allowed'
  if (!/[A-Za-z0-9]/.test(name)) return 'it has no letter or digit'
  return RESERVED.test(name) ? 'Windows keeps that name for a device' : null
}

/** `"Clean Up"` -> `clean-up`; accents are dropped, what is left of a reserved name gets `-job`. */
function suggestName(name: string): string | undefined {
  const made = name
    .slice(0, 4 * LONGEST)
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .slice(0, LONGEST)
    .replace(/^[-_]+|[-_]+$/g, '')
  const usable = RESERVED.test(made) ? `${made}-job` : made
  return faultOf(usable) === null ? usable : undefined
}

export type FoundByName<Item> =
  | { readonly item: Item }
  /** `near`: the name that was probably meant. */
  | { readonly item: undefined; readonly near: string | undefined }

/** The item of that name: first the very same, then without regard to case, `-` and `_`. */
export function findByName<Item extends { readonly name: string }>(
  items: readonly Item[],
  name: string,
): FoundByName<Item> {
  const wanted = looseName(name)
  const item = items.find((each) => each.name === name) ?? items.find((each) => looseName(each.name) === wanted)
  if (item !== undefined) return { item }
  const names = items.map((each) => each.name)
  return { item: undefined, near: nearest(name, names) }
}

/** What names are compared by: case, `-` and `_` make no difference, so `my-cleanup-task` finds `my_cleanup_task`. */
export function looseName(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}

/** The job of that name, loosely compared. */
export function findJob(jobs: readonly Job[], name: string): Job | undefined {
  const wanted = looseName(name)
  return jobs.find((job) => job.name === name) ?? jobs.find((job) => looseName(job.name) === wanted)
}

/**
 * The names that a job's history is kept under: its own, and those that it had before, unless another job has them now.
 */
export function historyNames(jobs: readonly Job[], { name, formerly }: Pick<Job, 'name' | 'formerly'>): string[] {
  return [name, ...formerly.filter((former) => findJob(jobs, former) === undefined)]
}

/** The job of that name, or the one that had it before. */
export function findJobEver(jobs: readonly Job[], name: string): Job | undefined {
  const wanted = looseName(name)
  return findJob(jobs, name) ?? jobs.find(({ formerly }) => formerly.some((former) => looseName(former) === wanted))
}

/** There is no job of that name, or its entry can't be used. Code: JOB_NOT_FOUND. */
export class JobNotFoundError extends JobsError {
  constructor(name: string, known: readonly string[], problem?: string, newName?: string) {
    const near = newName === undefined ? didYouMean(name, known) : `it is called "${newName}" now`
    const some = known.slice(0, 10).join(', ')
    super('JOB_NOT_FOUND', problem ?? `there is no job "${name}"`, {
      hint:
        problem !== undefined
          ? 'fix its entry in package.json'
          : (near ?? (some === '' ? 'add one: webstir add-job NAME' : `there are: ${some}`)),
    })
  }
}

/** Jobs, and what is wrong with those that can't be used, where that is known. */
type Named = Pick<Manifest, 'jobs'> & Partial<Pick<Manifest, 'problems'>>

/** The job of that name. Throws a JobNotFoundError that says why it can't be used, or what else may have been meant. */
export function jobNamed({ jobs, problems = [] }: Named, name: string): Job {
  const job = findJob(jobs, name)
  if (job !== undefined) return job
  const problem = problems.find((candidate) => candidate.severity === 'error' && candidate.job === name)
  if (problem !== undefined) throw new JobNotFoundError(name, [], problemText(problem))
  throw new JobNotFoundError(
    name,
    jobs.map((known) => known.name),
    undefined,
    findJobEver(jobs, name)?.name,
  )
}
