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
