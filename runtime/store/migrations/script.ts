import type { Dialect } from '../sql/dialect.ts'
import { HISTORY, type MigrationState } from './migrate.ts'
import { compileMigrations } from './sql.ts'

const NOW = {
  sqlite: 'unixepoch() * 1000',
  postgres: '(extract(epoch from now()) * 1000)::bigint',
} as const

/**
 * What brings the tables up to date, as SQL for somebody who applies it by other means: one transaction. `states`:
 * what the store has. Empty where nothing is left to do.
 */
export function migrationScript(dialect: Dialect, states: readonly MigrationState[]): string {
  const applied = new Set(states.flatMap(({ version, appliedAt }) => (appliedAt === null ? [] : [version])))
  const missing = compileMigrations(dialect).filter(({ version }) => !applied.has(version))
  if (missing.length === 0) return ''
  const steps = missing.flatMap(({ version, name, statements }) => [
    ...statements,
    `insert into job_migration (version, name, applied_at) values (${version}, '${name}', ${NOW[dialect]})`,
  ])
  return ['begin', HISTORY, ...steps, 'commit', ''].join(';\n')
}
