import type pg from 'pg'
import type { Row } from '../transaction-script.ts'

/** A statement as the server gets it: `$1`, `$2`, ..., and the name under which it is prepared, or ''. */
export interface BatchStatement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

/** What of a statement the server has prepared on one connection. */
interface Prepared {
  readonly names: Set<string>
  /** Those at which a batch failed: they may be prepared or not. */
  readonly doubtful: Set<string>
}

const preparedOn = new WeakMap<pg.Connection, Prepared>()

interface Field {
  readonly name: string
  readonly parse: (text: string) => unknown
}

/**
 * Statements that go to the server together, in one packet and one round trip. They end in one Sync, so that after one
 * that fails the server skips all others, a commit included. (pg's own pipelining sends a Sync with each: a statement
 * whose `begin` failed would then be committed on its own.)
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class PostgresBatch {
  /** Called once, with the rows of the last statement. pg wraps it for its time limit. */
  callback: (error: unknown, rows?: Row[]) => void
  #done = 0
  #fields: readonly Field[] = []
  /** A row before its values: a copy of it has its shape at once, which is quicker than one field after the other. */
  #blank: Readonly<Record<string, unknown>> = {}
  #rows: Row[] = []
  #prepared: Prepared | undefined

  constructor(
    private readonly client: pg.ClientBase,
    private readonly statements: readonly BatchStatement[],
    callback: (error: unknown, rows?: Row[]) => void,
  ) {
    this.callback = callback
  }

  /** Called by pg when it is this batch's turn. */
  submit(connection: pg.Connection): void {
    const prepared = preparedOn.get(connection) ?? { names: new Set(), doubtful: new Set() }
    preparedOn.set(connection, prepared)
    this.#prepared = prepared
    const parsed = new Set(prepared.names)
    connection.stream.cork()
    try {
      for (const { name, text, values } of this.statements) {
        if (!parsed.has(name)) {
          // Closing what isn't there is not an error.
          if (prepared.doubtful.has(name)) connection.close({ type: 'S', name }, true)
          connection.parse({ name, text, types: [] }, true)
        }
        if (name !== '') parsed.add(name)
        connection.bind({ portal: '', statement: name, values: values.map(wireValue) }, true)
        connection.describe({ type: 'P', name: '' }, true)
        connection.execute({ portal: '' }, true)
      }
      connection.sync()
    } finally {
      connection.stream.uncork()
    }
  }

  handleRowDescription({ fields }: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    this.#fields = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.client.getTypeParser(dataTypeID, 'text'),
    }))
    this.#blank = Object.fromEntries(fields.map(({ name }) => [name, null]))
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    if (this.#done < this.statements.length - 1) return
    const row: Record<string, unknown> = { ...this.#blank }
    for (let place = 0; place < this.#fields.length; place++) {
      const field = this.#fields[place]
      const text = fields[place]
      if (field !== undefined && text !== null && text !== undefined) row[field.name] = field.parse(text)
    }
    this.#rows.push(row)
  }

  handleCommandComplete(): void {
    const name = this.statements[this.#done]?.name ?? ''
    if (name !== '') this.#prepared?.names.add(name)
    this.#prepared?.doubtful.delete(name)
    this.#done++
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete()
  }

  handleReadyForQuery(): void {
    this.callback(null, this.#rows)
  }

  /** Also called for a connection that is lost, and for an answer that takes too long. */
  handleError(error: unknown): void {
    const name = this.statements[this.#done]?.name
    if (this.#prepared !== undefined && name !== undefined && name !== '' && !this.#prepared.names.has(name)) {
      this.#prepared.doubtful.add(name)
    }
    this.callback(error)
  }
}

/** Sends statements together and resolves to the rows of the last one. */
export function sendBatch(client: pg.ClientBase, statements: readonly BatchStatement[]): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    client.query(
      new PostgresBatch(client, statements, (error, rows) => (error === null ? resolve(rows ?? []) : reject(error))),
    )
  })
}

/** Our values are texts, numbers and null. */
const wireValue = (value: unknown): string | null => (value === null || value === undefined ? null : String(value))
