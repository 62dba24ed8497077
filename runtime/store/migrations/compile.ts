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
import { openAndHistory } from './002-open-and-history.ts'
import { type Copying, HISTORY, type Migration, type MigrationState } from './migration.ts'

/** All of them, in order. `LATEST` in migration.ts is the last one's version. */
export const MIGRATIONS: readonly Migration[] = [tables, openAndHistory]

/** A migration as the statements that make it up. */
export interface CompiledMigration {
  readonly version: number
  readonly name: string
  readonly refusesLive: string | undefined
  readonly statements: readonly (string | Copying)[]
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
  return MIGRATIONS.map(({ version, name, refusesLive, up }) => ({
    version,
    name,
    refusesLive,
    statements: up({ dialect, schema: builder.schema, sql }).flatMap((part): readonly (string | Copying)[] => {
      if (typeof part === 'string') return [part]
      if (typeof part !== 'function') return [part.compile().sql]
      const made = part({ dialect })
      return 'table' in made ? [made] : made
    }),
  }))
}

const NOW = {
  sqlite: 'unixepoch() * 1000',
  postgres: '(extract(epoch from now()) * 1000)::bigint',
} as const

/**
 * What brings the tables up to date, as SQL to be applied by other means: one transaction. `states`:
 * what the store has. Empty where nothing is left to do.
 */
export function migrationScript(dialect: Dialect, states: readonly MigrationState[]): string {
  const applied = new Set(states.flatMap(({ version, appliedAt }) => (appliedAt === null ? [] : [version])))
  const missing = compileMigrations(dialect).filter(({ version }) => !applied.has(version))
  if (missing.length === 0) return ''
  const steps = missing.flatMap(({ version, name, statements }) => [
    ...statements.flatMap((part) => (typeof part === 'string' ? [part] : part.statements(() => '1 = 1'))),
    `insert into job_migration (version, name, applied_at) values (${version}, '${name}', ${NOW[dialect]})`,
  ])
  return ['begin', HISTORY, ...steps, 'commit', ''].join(';\n')
}
