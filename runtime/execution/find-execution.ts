import { JobsError } from '../errors.ts'
import { absoluteTime } from '../relative-time.ts'
import type { Execution } from '../store/execution.ts'
import type { Store } from '../store/store.ts'

/** Codes: EXECUTION_NOT_FOUND, EXECUTION_AMBIGUOUS. */
class ExecutionNotFoundError extends JobsError {}

/** What an id can begin with. */
const BEGINNING = /^[0-9a-f][0-9a-f-]{0,35}$/
/** Candidates that an ambiguous beginning names in its hint. */
const SHOWN = 3

/**
 * The execution of that id, or the only one whose id begins so. `store` is null where there is none yet. Throws
 * ExecutionNotFoundError that says what was found instead.
 */
export async function findExecution(store: Store | null, given: string): Promise<Execution> {
  const id = given.trim().toLowerCase()
  if (!BEGINNING.test(id))
    throw notFound(given, 'an id has hexadecimal digits and dashes only; see "webstir job-history"')
  const exact = await store?.execution(id)
  if (exact != null) return exact
  const found = (await store?.executions({ idPrefix: id, limit: SHOWN + 1 })) ?? []
  const [first] = found
  if (first === undefined) throw notFound(given, 'see "webstir job-history" for those that are kept')
  if (found.length === 1) return first
  const some = found.slice(0, SHOWN).map((one) => `${one.id} (${one.job}, ${absoluteTime(one.scheduledFor)})`)
  throw new ExecutionNotFoundError('EXECUTION_AMBIGUOUS', `the ids of several executions begin with "${given}"`, {
    hint: `give more of it: ${some.join(', ')}${found.length > SHOWN ? ', ...' : ''}`,
  })
}

function notFound(given: string, hint: string): ExecutionNotFoundError {
  return new ExecutionNotFoundError('EXECUTION_NOT_FOUND', `there is no execution "${given}"`, { hint })
}
