import { setTimeout as sleep } from 'node:timers/promises'

/** The rows of a history, once none of them is open; it is asked again until then, for at most `limit` ms. */
export async function untilEnded<Row extends { readonly status: string }>(
  history: () => Promise<readonly Row[]>,
  limit = 30_000,
): Promise<readonly Row[]> {
  const end = Date.now() + limit
  for (;;) {
    const rows = await history()
    const open = rows.filter(({ status }) => status === 'QUEUED' || status === 'RUNNING')
    if (open.length === 0) return rows
    if (Date.now() > end) throw new Error(`${open.length} executions are still open after ${limit} ms`)
    await sleep(100)
  }
}
