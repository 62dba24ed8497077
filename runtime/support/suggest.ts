/**
 * The candidate nearest to `given`, for a "did you mean"; undefined where nothing is near enough to be helpful
 * (more than a third of the letters would have to change, and at least two may).
 */
export function nearest(given: string, candidates: Iterable<string>): string | undefined {
  const wanted = given.toLowerCase()
  let best: { text: string; distance: number } | undefined
  for (const text of candidates) {
    const distance = editDistance(wanted, text.toLowerCase())
    if (best === undefined || distance < best.distance) best = { text, distance }
  }
  return best !== undefined && best.distance <= Math.max(2, Math.floor(wanted.length / 3)) ? best.text : undefined
}

/** `did you mean "x"?`, or undefined where nothing is near. */
export function didYouMean(given: string, candidates: Iterable<string>): string | undefined {
  const text = nearest(given, candidates)
  return text === undefined ? undefined : `did you mean "${text}"?`
}

/** Optimal string alignment distance: Levenshtein's, with a swap of neighbours counted as one change. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (isSwap) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1)
      current.push(cost)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
