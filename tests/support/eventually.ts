import { setTimeout as sleep } from 'node:timers/promises'

/** What `look` finds, once it finds something: it is asked again until then, for at most `limit` ms; what it throws counts as nothing. */
export async function eventually<Found>(
  look: () => Found | undefined | Promise<Found | undefined>,
  limit = 10_000,
): Promise<Found> {
  const end = Date.now() + limit
  for (;;) {
    let error: unknown
    try {
      const found = await look()
      if (found !== undefined) return found
    } catch (thrown) {
      error = thrown
    }
    if (Date.now() > end) throw new Error(`nothing within ${limit} ms`, { cause: error })
    await sleep(20)
  }
}
