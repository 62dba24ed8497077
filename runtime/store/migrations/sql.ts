import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteQueryCompiler,
  sql,
} from 'kysely'
import type { Dialect } from '../sql/dialect.ts'
import { tables } from './001-tables.ts'
import type { Migration } from './migration.ts'

/** All of them, in order. `LATEST` in version.ts is the last one's version. */
export const MIGRATIONS: readonly Migration[] = [tables]

/** A migration as the statements that make it up. */
export interface CompiledMigration {
  readonly version: number
  readonly name: string
  readonly statements: readonly string[]
}

/** Kysely writes the statements; our own drivers run them, inside their own transactions. */
export function compileMigrations(dialect: Dialect): CompiledMigration[] {
  const builder = new Kysely<unknown>({
    dialect: {
      createAdapter: () => (dialect === 'sqlite' ? new SqliteAdapter() : new PostgresAdapter()),
      createDriver: () => new DummyDriver(),
      createQueryCompiler: () => (dialect === 'sqlite' ? new SqliteQueryCompiler() : new PostgresQueryCompiler()),
      createIntrospector: () => {
        throw new Error('migrations are compiled, never looked up')
      },
    },
  })
  return MIGRATIONS.map(({ version, name, up }) => ({
    version,
    name,
    statements: up({ dialect, schema: builder.schema, sql }).map((part) => part.compile().sql),
  }))
}
