const STEPS = [
  { limit: 60_000, size: 1_000, unit: 's' },
  { limit: 3_600_000, size: 60_000, unit: 'min' },
  { limit: 2 * 86_400_000, size: 3_600_000, unit: 'h' },
  { limit: 60 * 86_400_000, size: 86_400_000, unit: 'd' },
  { limit: 730 * 86_400_000, size: 30.4375 * 86_400_000, unit: 'months' },
  { limit: Number.POSITIVE_INFINITY, size: 365.25 * 86_400_000, unit: 'years' },
] as const

/** How far `instant` lies from `now`, both in ms since the epoch: `in 3 h`, `2 min ago`, `now`. Rounded down. */
export function relativeTime(instant: number, now: number): string {
  const distance = Math.abs(instant - now)
  if (distance < 1_000) return 'now'
  for (const { limit, size, unit } of STEPS) {
    if (distance >= limit) continue
    const text = `${Math.floor(distance / size)} ${unit}`
    return instant > now ? `in ${text}` : `${text} ago`
  }
  return 'now'
}
