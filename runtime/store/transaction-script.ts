/** One statement for the database, with `?` placeholders in every dialect. */
export interface Statement {
  readonly sql: string
  readonly parameters: readonly SqlValue[]
  /**
   * The script doesn't look at its rows, nor at whether there are any. It may then be sent together with the next
   * statement or with the commit; where it fails, all of them do.
   */
  readonly isBlind?: true
}

export type SqlValue = string | number | null

export type Row = Readonly<Record<string, unknown>>

/**
 * A part of a transaction, written once for every driver: it asks for statements to be run and goes on with their
 * rows. SQLite (synchronous) and PostgreSQL (asynchronous) run the same script, each in its own way. A script holds no
 * state outside itself, so a driver may run it again after a conflict.
 */
export type Script<Result> = Generator<Statement, Result, readonly Row[]>

/** A script that needs no database. */
// biome-ignore lint/correctness/useYield: what is known already needs no statement
export function* result<Result>(result: Result): Script<Result> {
  return result
}

/** Runs a script with a synchronous database. */
export function runSync<Result>(steps: Script<Result>, run: (statement: Statement) => readonly Row[]): Result {
  let step = steps.next([])
  while (!step.done) step = steps.next(run(step.value))
  return step.value
}

/**
 * Runs a script with an asynchronous database, in as few trips to it as its need for rows allows. `send` runs statements
 * in their order and resolves to the rows of the last one. `first` go before the script's own, `last` after them: both
 * with those that are sent anyway.
 */
export async function runInTrips<Result>(
  steps: Script<Result>,
  send: (statements: readonly Statement[]) => Promise<readonly Row[]>,
  { first = [], last = [] }: { first?: readonly Statement[]; last?: readonly Statement[] } = {},
): Promise<Result> {
  let waiting = [...first]
  let step = steps.next([])
  while (!step.done) {
    waiting.push(step.value)
    let rows: readonly Row[] = []
    if (step.value.isBlind !== true) {
      rows = await send(waiting)
      waiting = []
    }
    step = steps.next(rows)
  }
  // A script that asked for nothing needs no transaction.
  const isUntouched = waiting.length === first.length && first.length > 0 && waiting[0] === first[0]
  const rest = isUntouched ? [] : [...waiting, ...last]
  if (rest.length > 0) await send(rest)
  return step.value
}
