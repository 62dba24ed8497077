import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { JobsError, messageOf } from '../support/errors.ts'
import { importerOf, missingHint, missingPackage } from './import-failure.ts'

/** The workspace's SQL client, as its src/backend/db/connection.ts makes it: `?` placeholders in both dialects. */
export interface DatabaseClient {
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>
  execute(sql: string, parameters?: readonly unknown[]): Promise<{ changes: number }>
  close(): Promise<void> | void
}

/** A client that is opened when it is first used, and closed at the end if it was. */
export interface LateDatabase {
  readonly client: DatabaseClient
  close(): Promise<void>
}

export function lateDatabase(open: () => Promise<DatabaseClient>): LateDatabase {
  let opening: Promise<DatabaseClient> | undefined
  const opened = (): Promise<DatabaseClient> => {
    opening ??= open()
    return opening
  }
  const close = async (): Promise<void> => {
    const client = await opening?.catch(() => undefined)
    opening = undefined
    await client?.close()
  }
  return {
    client: {
      query: async <Row>(sql: string, parameters?: readonly unknown[]) => (await opened()).query<Row>(sql, parameters),
      execute: async (sql, parameters) => (await opened()).execute(sql, parameters),
      close,
    },
    close,
  }
}

/** Opens the workspace's database through its own createDatabaseClient. `build`: absolute path of build/backend. */
export async function openBuiltDatabase(build: string): Promise<DatabaseClient> {
  const create = (await importConnection(build)).createDatabaseClient
  if (typeof create !== 'function') {
    throw new JobsError('NO_DATABASE', 'src/backend/db/connection.ts exports no createDatabaseClient function', {
      hint: 'export function createDatabaseClient() that returns query, execute and close ("webstir init" writes one)',
    })
  }
  return create()
}

async function importConnection(build: string): Promise<{ createDatabaseClient?: unknown }> {
  try {
    return await import(pathToFileURL(join(build, 'db', 'connection.js')).href)
  } catch (error) {
    const missing = missingPackage(error)
    if (missing !== null) {
      const importer = importerOf(build, missing, error) ?? 'src/backend/db/connection.ts'
      const message = `the workspace's database client needs ${missing}, imported by ${importer}, which is not installed here`
      throw new JobsError('NO_DATABASE', message, { hint: missingHint(missing), cause: error })
    }
    throw new JobsError('NO_DATABASE', `the workspace's database client can't be loaded: ${messageOf(error)}`, {
      hint: 'see src/backend/db/connection.ts ("webstir init" writes one), and build again',
      cause: error,
    })
  }
}
