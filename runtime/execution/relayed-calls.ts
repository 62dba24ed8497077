import type { JsonValue } from '../json.ts'
import type { Logger } from '../logging/logger.ts'
import type { Execution } from '../store/execution.ts'
import { chainTo, type Frame, runInFrame } from './frame.ts'
import type { Surroundings } from './surroundings.ts'
import { revived, type ThrownRecord, thrownRecord } from './thrown-record.ts'

/** What a child process is answered when it has asked for a job to be run; `thrown` null: it succeeded. */
export interface CallAnswer {
  readonly call: number
  readonly thrown: ThrownRecord | null
}

export interface CallRequest {
  /** Tells the calls of one child apart. */
  readonly call: number
  readonly name: string
  readonly args: readonly JsonValue[]
}

export type RelayedCall = (name: string, args: readonly JsonValue[]) => Promise<void>

/**
 * Runs jobs here for the code of an execution that has a process of its own: as its children, in its slot, and with
 * the chain of calls that led to it. Undefined where no job can be called.
 */
export function relayedCall(
  { id, job }: Execution,
  { call }: Pick<Surroundings, 'call'>,
  logger: () => Logger,
  signal: AbortSignal,
): RelayedCall | undefined {
  if (call === undefined) return undefined
  const stray = (error: unknown): void => logger().error({ err: error }, 'an error that nobody handled')
  const frame: Frame = { job, executionId: id, chain: chainTo(job), log: logger, call, signal, stray }
  return (name, args) => runInFrame(frame, () => call(name, args, frame))
}

/** Runs what a child asked for, and says how it went. Never rejects. */
export async function answerCall({ call, name, args }: CallRequest, run: RelayedCall | undefined): Promise<CallAnswer> {
  try {
    if (run === undefined) throw new Error(`job "${name}" can't be called from here`)
    await run(name, args)
    return { call, thrown: null }
  } catch (error) {
    return { call, thrown: thrownRecord(error) }
  }
}

/** The child's side: calls that are under way, each settled by its answer. */
export class PendingCalls {
  readonly #pending = new Map<number, (answer: CallAnswer) => void>()
  #last = 0

  constructor(private readonly ask: (request: CallRequest) => void) {}

  /** Resolves when the job has succeeded; rejects with its error. */
  run(name: string, args: readonly JsonValue[]): Promise<void> {
    const call = ++this.#last
    return new Promise((resolve, reject) => {
      this.#pending.set(call, ({ thrown }) => (thrown === null ? resolve() : reject(revived(thrown))))
      this.ask({ call, name, args })
    })
  }

  answered(answer: CallAnswer): void {
    this.#pending.get(answer.call)?.(answer)
    this.#pending.delete(answer.call)
  }
}
