/** What a lock is on: one job for one tenant ('' where there is none). */
export interface Pair {
  readonly job: string
  readonly tenant: string
}

/** Equal for equal pairs, and for no others: names hold no NUL. */
export const pairKey = (pair: Pair): string => `${pair.job}\u0000${pair.tenant}`

/** Each pair once, in one fixed order: whoever locks several rows goes the same way, so nobody waits in a circle. */
export function distinctPairs(items: Iterable<Pair>): Pair[] {
  const found = new Map<string, Pair>()
  for (const { job, tenant } of items) found.set(pairKey({ job, tenant }), { job, tenant })
  return [...found].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, pair]) => pair)
}

export function byPair<Item extends Pair>(items: Iterable<Item>): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = pairKey(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
