/** One statement for the database, with `?` placeholders in every dialect. */
export interface Statement {
  readonly sql: string
  readonly parameters: readonly SqlValue[]
}

export type SqlValue = string | number | null

export type Row = Readonly<Record<string, unknown>>

/**
 * A part of a transaction, written once for every driver: it asks for statements to be run and goes on with their
 * rows. SQLite (synchronous) and PostgreSQL (asynchronous) run the same steps, each in its own way. Steps hold no
 * state outside themselves, so a driver may run them anew after a conflict.
 */
export type Script<Result> = Generator<Statement, Result, readonly Row[]>

/** Steps that need no database. */
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

/** Runs a script with an asynchronous database, one statement after the other. */
export async function runAsync<Result>(
  steps: Script<Result>,
  run: (statement: Statement) => Promise<readonly Row[]>,
): Promise<Result> {
  let step = steps.next([])
  while (!step.done) step = steps.next(await run(step.value))
  return step.value
}
