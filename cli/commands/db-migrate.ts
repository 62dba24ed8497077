import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseClient } from '../../runtime/job/database.ts'
import { loadEnvFiles } from '../../runtime/support/env.ts'
import { messageOf } from '../../runtime/support/errors.ts'
import { renderTable } from '../../runtime/support/table.ts'
import { BuildError, printDiagnostics } from '../bundler/diagnostics.ts'
import { findEntries } from '../bundler/entries.ts'
import { withSources } from '../bundler/load-sources.ts'
import { CommandError, ExitError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { MIGRATIONS, type MigrationFile, migrationFiles, statementsOf } from '../workspace/database-migrations.ts'
import { findWorkspace } from '../workspace/find.ts'
import { CONNECTION_FILE } from '../workspace/templates.ts'

export interface DbMigrateOptions {
  /** Only say what is applied and what is not. */
  readonly status?: boolean
  readonly workspace?: string | undefined
}

/** A migration of the workspace's own database, as `--json` shows it. */
export interface DatabaseMigration {
  readonly name: string
  /** Relative to the workspace. */
  readonly path: string
  /** ISO 8601, in UTC; null while it is not applied. */
  readonly appliedAt: string | null
}

export interface DatabaseMigrated {
  readonly migrations: readonly DatabaseMigration[]
  /** Names of those that this command has applied. */
  readonly applied: readonly string[]
}

/**
 * `webstir db-migrate`: applies src/backend/db/migrations to the workspace's own database, in the order of their names,
 * each in a transaction with the note that it is applied.
 */
export async function dbMigrate(options: DbMigrateOptions, io: Output): Promise<DatabaseMigrated> {
  const workspace = findWorkspace(options.workspace)
  await loadEnvFiles(workspace)
  const files = migrationFiles(workspace)
  const result = await withDatabase(workspace, files, io, async (database, modules) => {
    const isLooking = options.status === true
    if (!isLooking) {
      await database.execute(`create table if not exists ${TABLE} (name text primary key, applied_at text not null)`)
    }
    const before = await appliedAt(database)
    const applied: string[] = []
    for (const file of isLooking ? [] : files) {
      if (before.has(file.name)) continue
      if (await apply(database, file, stepsOf(workspace, file, modules))) applied.push(file.name)
    }
    const now = await appliedAt(database)
    const migrations = files.map(({ name, path }) => ({ name, path, appliedAt: now.get(name) ?? null }))
    return { migrations, applied }
  })
  if (io.json) io.data(result)
  else io.out(options.status === true ? statusText(result, io) : appliedText(result))
  return result
}

type Modules = ReadonlyMap<string, Record<string, unknown>>

async function withDatabase<Result>(
  workspace: string,
  files: readonly MigrationFile[],
  io: Output,
  work: (database: DatabaseClient, modules: Modules) => Promise<Result>,
): Promise<Result> {
  const connection = findEntries(workspace, undefined).modules.database
  if (connection === null) {
    throw new CommandError('NO_DATABASE', `there is no ${CONNECTION_FILE}, which opens the database`, {
      hint: 'write one that exports createDatabaseClient(); "webstir init ." adds one',
    })
  }
  const sources = [connection, ...files.flatMap(({ kind, path }) => (kind === 'module' ? [path] : []))]
  try {
    return await withSources(workspace, sources, async (modules) => {
      const create = modules.get(connection)?.createDatabaseClient
      if (typeof create !== 'function') {
        throw new CommandError('NO_DATABASE', `${connection} exports no function createDatabaseClient`, {
          hint: 'export function createDatabaseClient() that returns query, execute and close',
        })
      }
      const database: DatabaseClient = await create()
      try {
        return await work(database, modules)
      } finally {
        await database.close()
      }
    })
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    printDiagnostics(error.diagnostics, io)
    throw new ExitError(1)
  }
}

const TABLE = 'webstir_database_migration'

async function appliedAt(database: DatabaseClient): Promise<ReadonlyMap<string, string>> {
  try {
    const rows = await database.query<{ name: string; applied_at: string }>(`select name, applied_at from ${TABLE}`)
    return new Map(rows.map(({ name, applied_at }) => [name, applied_at]))
  } catch (error) {
    // Looking makes no table: in SQLite's words, and in PostgreSQL's.
    if (/no such table|does not exist/.test(messageOf(error))) return new Map()
    throw error
  }
}

function stepsOf(
  workspace: string,
  { kind, path }: MigrationFile,
  modules: Modules,
): (database: DatabaseClient) => Promise<void> {
  if (kind === 'sql') {
    const statements = statementsOf(readFileSync(join(workspace, path), 'utf8'))
    return async (database) => {
      for (const statement of statements) await database.execute(statement)
    }
  }
  const up = modules.get(path)?.up
  if (typeof up === 'function') return async (database) => void (await up(database))
  throw new CommandError('NO_MIGRATION', `${path} exports no function up`, {
    hint: 'write "export async function up(database) { await database.execute(...) }"',
  })
}

/** False where another process was applying it at the same time, and has. */
async function apply(
  database: DatabaseClient,
  { name, path }: MigrationFile,
  steps: (database: DatabaseClient) => Promise<void>,
): Promise<boolean> {
  await database.execute('begin')
  try {
    // First, so that of two processes the second waits here, and then finds that it is done.
    const note = `insert into ${TABLE} (name, applied_at) values (?, ?) on conflict do nothing`
    const { changes } = await database.execute(note, [name, new Date().toISOString()])
    if (changes > 0) await steps(database)
    await database.execute('commit')
    return changes > 0
  } catch (error) {
    await database.execute('rollback').catch(() => {})
    throw new CommandError('MIGRATION_FAILED', `${path}: ${messageOf(error)}`, {
      hint: 'fix it and run the command again; nothing of it was kept',
      cause: error,
    })
  }
}

function statusText({ migrations }: DatabaseMigrated, { color }: Output): string {
  if (migrations.length === 0) return NONE
  const rows = migrations.map(({ name, appliedAt }) => [name, appliedAt ?? 'not applied'])
  const missing = migrations.filter(({ appliedAt }) => appliedAt === null).length
  const end = missing === 0 ? 'All are applied.' : `${missing} to apply: webstir db-migrate`
  return `${renderTable([{ title: 'Name' }, { title: 'Applied' }], rows, { color: color.isColorSupported })}\n${end}`
}

const NONE = `There are no migrations in ${MIGRATIONS}.`

function appliedText({ migrations, applied }: DatabaseMigrated): string {
  if (migrations.length === 0) return NONE
  return applied.length === 0 ? 'All migrations were applied already.' : `Applied ${applied.join(', ')}.`
}
