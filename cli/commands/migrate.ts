import { clockText } from '../../runtime/schedule/index.ts'
import { databaseExists } from '../../runtime/store/file-access.ts'
import { migrationScript } from '../../runtime/store/migrations/compile.ts'
import { migrate as bringUpToDate, migrationStates } from '../../runtime/store/migrations/migrate.ts'
import type { MigrationState } from '../../runtime/store/migrations/migration.ts'
import { MIGRATION_LIMIT, openDriver } from '../../runtime/store/open.ts'
import { locateStore, type StoreLocation } from '../../runtime/store/url.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { renderTable } from '../../runtime/support/table.ts'
import { CommandError, UsageError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, timezoneOfWorkspace } from '../workspace/store.ts'

export interface MigrateOptions {
  /** Only show what is applied and what isn't. */
  readonly status?: boolean
  /** Only print the SQL of what isn't. */
  readonly sql?: boolean
  readonly workspace?: string | undefined
}

/** A migration as `--json` shows it. */
export interface ShownMigration {
  readonly version: number
  readonly name: string
  /** ISO 8601, in UTC; null while it isn't applied. */
  readonly appliedAt: string | null
}

export interface Migrated {
  /** Without a password. */
  readonly store: string
  readonly migrations: readonly ShownMigration[]
  /** Versions that this command has applied. */
  readonly applied: readonly number[]
}

type TabledLocation = Exclude<StoreLocation, { dialect: 'memory' }>

/** Brings the store's tables up to date; or only shows, or prints as SQL, what that would take. */
export async function migrate(options: MigrateOptions, io: Output): Promise<Migrated> {
  if (options.status === true && options.sql === true) {
    throw new UsageError('--status and --sql exclude each other', 'give one of them')
  }
  const place = await placeOfWorkspace(options.workspace)
  const { root, env } = place
  const location = locateStore(undefined, { env, workspace: root })
  if (location.dialect === 'memory') {
    throw new CommandError('STORE_HAS_NO_TABLES', 'the store "memory:" has no tables to migrate', {
      hint: 'set JOBS_STORE_URL to the store that you mean, or unset it for file:./data/jobs.sqlite',
    })
  }
  const isLooking = options.status === true || options.sql === true
  const before = await statesOf(location, isLooking)
  if (options.sql === true) return printSql(location, before, io)
  if (!isLooking) await apply(location)
  const after = isLooking ? before : await statesOf(location, false)
  const known = new Set(before.flatMap(({ version, appliedAt }) => (appliedAt === null ? [] : [version])))
  const applied = after.flatMap(({ version, appliedAt }) => (appliedAt === null || known.has(version) ? [] : [version]))
  const migrated = { store: location.shown, migrations: after.map(shown), applied }
  if (io.json) io.data(migrated)
  else if (isLooking) io.out(statusText(migrated, await timezoneOfWorkspace(place), io))
  else io.out(appliedText(migrated))
  return migrated
}

/** The migrations of a store, applied or not. With `isLooking`, a store that does not exist yet is not created. */
async function statesOf(location: TabledLocation, isLooking: boolean): Promise<MigrationState[]> {
  if (isLooking && location.dialect === 'sqlite' && !databaseExists(location.path)) {
    const { compileMigrations } = await import('../../runtime/store/migrations/compile.ts')
    return compileMigrations('sqlite').map(({ version, name }) => ({ version, name, appliedAt: null }))
  }
  const driver = await openDriver(location)
  try {
    return await migrationStates(driver)
  } finally {
    await driver.close()
  }
}

async function apply(location: TabledLocation): Promise<void> {
  const driver = await openDriver(location, { busyLimit: MIGRATION_LIMIT })
  try {
    await bringUpToDate(driver, systemClock.now(), true)
  } finally {
    await driver.close()
  }
}

function printSql(location: TabledLocation, states: readonly MigrationState[], io: Output): Migrated {
  const script = migrationScript(location.dialect, states)
  const migrated = { store: location.shown, migrations: states.map(shown), applied: [] }
  if (io.json) io.data({ ...migrated, sql: script })
  else if (script === '') io.err(`${location.shown} is up to date; there is nothing to apply.`)
  else io.out(script.trimEnd())
  return migrated
}

const shown = ({ version, name, appliedAt }: MigrationState): ShownMigration => ({
  version,
  name,
  appliedAt: appliedAt === null ? null : new Date(appliedAt).toISOString(),
})

function statusText({ store, migrations }: Migrated, timezone: string, { color }: Output): string {
  const rows = migrations.map(({ version, name, appliedAt }) => [
    String(version),
    name,
    appliedAt === null ? 'not applied' : clockText(Date.parse(appliedAt), timezone),
  ])
  const columns = [{ title: 'Version', align: 'right' }, { title: 'Name' }, { title: 'Applied' }] as const
  const missing = migrations.filter(({ appliedAt }) => appliedAt === null).length
  const end = missing === 0 ? 'It is up to date.' : `${missing} to apply: webstir migrate`
  return `${store}\n\n${renderTable(columns, rows, { color: color.isColorSupported })}\n${end}`
}

function appliedText({ store, migrations, applied }: Migrated): string {
  if (applied.length === 0) return `${store} was already up to date.`
  const names = migrations
    .filter(({ version }) => applied.includes(version))
    .map(({ version, name }) => `${version} ${name}`)
  return `Migrated ${store}: ${names.join(', ')}`
}
