/**
 * A copy of rows and of what stands in them: plain data all the way down, without circles. What structuredClone does
 * too, for far more than that, in ten times the time.
 */
export function copyOf<Value>(value: Value): Value {
  return copy(value) as Value
}

function copy(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(copy)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return structuredClone(value)
  const made: Record<string, unknown> = { ...value }
  for (const key in made) {
    const item = made[key]
    if (item !== null && typeof item === 'object') made[key] = copy(item)
  }
  return made
}
