/** What the known priority labels count as; any other label counts as 0. Higher runs first. */
export const PRIORITY_LABELS: Readonly<Record<string, number>> = { critical: 20, high: 10, normal: 0, low: -10 }

/** What a priority is sorted by. Labels are known in any case. */
export function priorityOf(priority: number | string | undefined): number {
  if (typeof priority === 'number') return priority
  if (priority === undefined) return 0
  const label = priority.toLowerCase()
  return Object.hasOwn(PRIORITY_LABELS, label) ? (PRIORITY_LABELS[label] ?? 0) : 0
}
