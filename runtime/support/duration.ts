const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** One or more counts with a unit: `30s`, `1h30m`, `1.5h`. Also what the published schema of the manifest checks. */
export const DURATION_PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w)\s*)+$/

/** Milliseconds, whole ones, of a text such as `500ms`, `30s`, `15m`, `24h`, `30d`, `1h30m`; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim()
  if (!DURATION_PATTERN.test(trimmed)) return undefined
  let total = 0
  for (const [, count, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)) {
    total += Number(count) * (UNITS[unit ?? ''] ?? 0)
  }
  const milliseconds = Math.round(total)
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined
}

/** Milliseconds of an option that is a text such as `30s`, or milliseconds; undefined where it is neither, or negative. */
export function durationOf(given: string | number): number | undefined {
  const milliseconds = typeof given === 'number' ? given : parseDuration(given)
  return milliseconds !== undefined && milliseconds >= 0 && Number.isFinite(milliseconds) ? milliseconds : undefined
}

/** The shortest exact text for a number of milliseconds, in at most two units where that suffices: `15m`, `1h30m`, `0s`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds)
  if (rest === 0) return '0s'
  let text = ''
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = UNITS[unit] ?? 1
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text
}
