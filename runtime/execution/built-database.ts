import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { JobsError, messageOf } from '../errors.ts'
import type { DatabaseClient } from './database.ts'

/** Opens the workspace's database through its own createDatabaseClient. `build`: absolute path of build/backend. */
export async function openBuiltDatabase(build: string): Promise<DatabaseClient> {
  const file = join(build, 'db', 'connection.js')
  const create = (await importConnection(file)).createDatabaseClient
  if (typeof create !== 'function') {
    throw new JobsError('NO_DATABASE', 'src/backend/db/connection.ts exports no createDatabaseClient function', {
      hint: 'export function createDatabaseClient() that gives query, execute and close ("webstir init" writes one)',
    })
  }
  return create()
}

async function importConnection(file: string): Promise<{ createDatabaseClient?: unknown }> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    throw new JobsError('NO_DATABASE', `the workspace's database client can't be loaded: ${messageOf(error)}`, {
      hint: 'see src/backend/db/connection.ts ("webstir init" writes one), and build again',
      cause: error,
    })
  }
}
