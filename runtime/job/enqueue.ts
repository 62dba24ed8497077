import type { ManifestRetry } from '../manifest/manifest-job.ts'
import type { Enqueued } from '../store/enqueue-request.ts'
import type { JsonValue } from '../support/json.ts'

/** How enqueued work runs; what is left out is as the job's entry has it. Durations: a text such as `30s`, or ms. */
export interface EnqueueOptions {
  /** Runs at this instant: a Date, ISO 8601, or ms since the epoch. One that has passed means now. */
  readonly runAt?: Date | string | number
  /** Runs after so long; or `runAt`. */
  readonly delay?: string | number
  /** Higher runs first: a number, or a label of the manifest. */
  readonly priority?: number | string
  /** Of a multi-tenant job: only for this tenant. */
  readonly tenant?: string
  /** Attempts in all, or a policy as in the manifest. */
  readonly retry?: number | ManifestRetry
  readonly timeout?: string | number
  /**
   * `queue`: it waits while another execution of its job and tenant runs. `allow`: it runs beside others. `skip`: nothing
   * is enqueued where another one runs or is about to. Default: `queue` for a job with a schedule, unless its entry says
   * `allow`; `allow` for a job without one.
   */
  readonly overlap?: 'queue' | 'allow' | 'skip'
  /**
   * A client that is in a transaction of the store's own database: what is enqueued is there if that commits. A client of
   * `pg`; or a connection of node:sqlite, libsql or better-sqlite3.
   */
  readonly transaction?: unknown
  /** Held by one execution of the job and tenant at a time: at most 500 characters. */
  readonly key?: string
  /**
   * What happens where the key is held. `keep` (default): nothing. `replace`: one that has not started gets these
   * arguments and this time. `debounce`: the same, so that it is put off by `delay` again. The handle is that one's.
   */
  readonly onConflict?: 'keep' | 'replace' | 'debounce'
  /** When the key is freed: when the execution has ended, retries included (default), or when it starts. */
  readonly keyUntil?: 'start' | 'end'
  /** Holds the key for so long after that. */
  readonly keyWindow?: string | number
  /** With `debounce`: runs at the latest so long after it was first enqueued. */
  readonly maxWait?: string | number
}

export interface ResultOptions {
  /** Rejects with RESULT_TIMEOUT after so long; the execution goes on. Default: it waits as long as it takes. */
  readonly timeout?: string | number
}

/** The execution that a request to enqueue became. As JSON it is `{ id, enqueued }`. */
export class JobHandle {
  /** Id of the execution; see `job-history`. */
  readonly id: string
  /** False where an execution was there already, and nothing was added. */
  readonly enqueued: boolean

  readonly #result: (options: ResultOptions) => Promise<JsonValue | undefined>

  constructor({ id, enqueued }: Enqueued, result: (options: ResultOptions) => Promise<JsonValue | undefined>) {
    this.id = id
    this.enqueued = enqueued
    this.#result = result
  }

  /**
   * Waits for the end of the execution, in whatever process, retries included, and resolves to what the job returned.
   * Rejects with the job's own error, or with a JobResultError.
   */
  result(options: ResultOptions = {}): Promise<JsonValue | undefined> {
    return this.#result(options)
  }
}

/** Hands a job over, for some scheduler to run. Resolves as soon as the store has it. */
export type Enqueue = (name: string, args?: readonly JsonValue[], options?: EnqueueOptions) => Promise<JobHandle>
