import type { ResultOptions } from '../job/enqueue.ts'
import type { Logger } from '../logging/logger.ts'
import { type ErrorRecord, type Execution, isFinal } from '../store/execution.ts'
import type { Store } from '../store/store.ts'
import { type Clock, sleep } from '../support/clock.ts'
import { durationOf } from '../support/duration.ts'
import { JobsError, messageOf } from '../support/errors.ts'
import type { JsonValue } from '../support/json.ts'

/** What a job returned can't be had. Codes: RESULT_TIMEOUT, RESULT_GONE, RESULT_NOT_JSON, RESULT_TOO_LARGE. */
export class JobResultError extends JobsError {}

/** Results as JSON have at most so many bytes. */
const MOST_BYTES = 64 * 1024
/** Before the text of a result that could not be kept stands why; no JSON begins so. */
const REFUSED = '!'
/** The store is asked this often at first and at the longest, in ms. */
const FIRST_LOOK = 10
const LONGEST_LOOK = 500

/** What `run` returned as it is kept: JSON, or why it can't be kept; undefined where it returned nothing. */
export function resultText(value: unknown): string | undefined {
  if (value === undefined) return undefined
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    return refused('RESULT_NOT_JSON', `it can't be written as JSON: ${messageOf(error)}`)
  }
  if (text === undefined) return undefined
  const bytes = Buffer.byteLength(text)
  return bytes <= MOST_BYTES ? text : refused('RESULT_TOO_LARGE', `it has ${bytes} bytes, more than 64 KB`)
}

function refused(code: string, message: string): string {
  return `${REFUSED}${JSON.stringify({ code, message })}`
}

/** Why a result could not be kept; undefined for one that was. */
function refusalOf(text: string): { readonly code: string; readonly message: string } | undefined {
  return text.startsWith(REFUSED) ? JSON.parse(text.slice(REFUSED.length)) : undefined
}

/** Says in the execution's log that what its job returned is not kept, which makes it no failure. */
export function warnOfLoss(text: string, execution: { logger(): Logger }): void {
  const refusal = refusalOf(text)
  if (refusal !== undefined) execution.logger().warn(`what run() returned was not kept: ${refusal.message}`)
}

/** The value of a kept result; undefined where there is none. */
export function keptResult(text: string | null | undefined): JsonValue | undefined {
  return text == null || text.startsWith(REFUSED) ? undefined : JSON.parse(text)
}

/**
 * Waits for the end of an execution, in whatever process, and resolves to what its job returned. Rejects with the job's
 * own error, or with a JobResultError. What was skipped by its pre-check has returned nothing.
 */
export async function awaitResult(
  { store, clock }: { readonly store: Pick<Store, 'execution' | 'resultText'>; readonly clock: Clock },
  id: string,
  { timeout }: ResultOptions = {},
): Promise<JsonValue | undefined> {
  const until = clock.now() + timeoutOf(timeout)
  for (let wait = FIRST_LOOK; ; wait = Math.min(wait * 1.5, LONGEST_LOOK)) {
    const execution = await look(store, id)
    if (execution !== undefined && isFinal(execution.status)) return await settled(store, execution)
    const left = until - clock.now()
    if (left <= 0) {
      throw new JobResultError('RESULT_TIMEOUT', `execution ${id} has not ended within ${timeout}`, {
        hint: 'wait longer, or again: the execution goes on',
      })
    }
    await sleep(clock, Math.min(wait, left))
  }
}

function timeoutOf(timeout: ResultOptions['timeout']): number {
  if (timeout === undefined) return Number.POSITIVE_INFINITY
  const milliseconds = durationOf(timeout)
  if (milliseconds !== undefined) return milliseconds
  throw new JobResultError('RESULT_TIMEOUT', `result(): timeout ${JSON.stringify(timeout)} is not a valid duration`, {
    hint: 'pass a text such as "30s", or milliseconds',
  })
}

/** Undefined where the store is away for the moment. */
async function look(store: Pick<Store, 'execution'>, id: string): Promise<Execution | undefined> {
  let execution: Execution | null
  try {
    execution = await store.execution(id)
  } catch (error) {
    if (error instanceof JobsError && 'isTransient' in error && error.isTransient === true) return undefined
    throw error
  }
  if (execution !== null) return execution
  throw new JobResultError('RESULT_GONE', `there is no execution ${id}, or its history was pruned`, {
    hint: 'ask for results while the history is kept: webstir.scheduler.history.keep',
  })
}

async function settled(store: Pick<Store, 'resultText'>, execution: Execution): Promise<JsonValue | undefined> {
  if (execution.status === 'SKIPPED') return undefined
  if (execution.status !== 'SUCCESS') throw ownError(execution)
  const text = await store.resultText(execution.id)
  const refusal = text === null ? undefined : refusalOf(text)
  if (refusal === undefined) return keptResult(text)
  throw new JobResultError(refusal.code, `the result of job "${execution.job}" was not kept: ${refusal.message}`, {
    hint: 'return JSON of at most 64 KB: store what is larger, and return where it is',
  })
}

/** The job's error, as it was recorded. */
function ownError({ job, status, error }: Execution): Error {
  const { code, message, stack }: ErrorRecord = error ?? {
    code: status,
    message: `job "${job}" ended as ${status}`,
    stack: null,
  }
  const thrown = Object.assign(new Error(message), { code })
  const name = /^([A-Z]\w*)(?: \[\w+\])?: /.exec(stack ?? '')?.[1]
  if (name !== undefined) thrown.name = name
  if (stack !== null) thrown.stack = stack
  return thrown
}
