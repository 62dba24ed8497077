import type { Connection } from './connection.js'
import { bind } from './placeholders.js'

/** The part of the package pg that is used here; it is installed only where the database is PostgreSQL. */
interface Pool {
  query(sql: string, parameters: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>
  end(): Promise<void>
  on(event: 'error', listener: (error: Error) => void): void
}
interface Driver {
  Pool: new (options: { connectionString: string; max: number }) => Pool
}

/** Opens a `postgres:` URL through pg. A transaction over several statements is one statement here (`with ...`). */
export async function openPostgres(url: string): Promise<Connection> {
  const { Pool } = await loadDriver()
  const pool = new Pool({ connectionString: url, max: 1 })
  // A connection that is lost while idle is made again by the next statement; unheard, the event would end the process.
  pool.on('error', () => {})
  return {
    async run(sql, parameters) {
      const bound = bind(sql, parameters, 'postgres')
      const { rows, rowCount } = await pool.query(bound.sql, bound.parameters)
      return { rows, changes: rowCount ?? 0 }
    },
    close: () => pool.end(),
  }
}

async function loadDriver(): Promise<Driver> {
  // The name in a variable keeps type checker and bundler from looking for a package that may not be there.
  const name: string = 'pg'
  try {
    const { default: driver }: { default: Driver } = await import(name)
    return driver
  } catch (cause) {
    throw new Error('PostgreSQL needs the package pg, which is not installed: npm install pg', { cause })
  }
}
