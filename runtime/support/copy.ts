/**
 * A deep copy of data as jobs hold it: arrays, plain objects, maps, sets, dates and the like. Functions and instances
 * of classes (a client, a connection) are shared, since a copy of them would be something else.
 */
export function ownCopy<Value>(value: Value): Value {
  return copy(value, new Map()) as Value
}

/**
 * A deep copy of plain data without circles, such as rows and their columns. structuredClone does this too, and much
 * more, in ten times the time.
 */
export function copyOf<Value>(value: Value): Value {
  return deepCopy(value) as Value
}

function copy(value: unknown, seen: Map<object, unknown>): unknown {
  if (value === null || typeof value !== 'object') return value
  const known = seen.get(value)
  if (known !== undefined) return known
  if (Array.isArray(value)) {
    const made: unknown[] = []
    seen.set(value, made)
    for (const item of value) made.push(copy(item, seen))
    return made
  }
  if (value instanceof Map) {
    const made = new Map<unknown, unknown>()
    seen.set(value, made)
    for (const [key, item] of value) made.set(copy(key, seen), copy(item, seen))
    return made
  }
  if (value instanceof Set) {
    const made = new Set<unknown>()
    seen.set(value, made)
    for (const item of value) made.add(copy(item, seen))
    return made
  }
  if (value instanceof Date) return new Date(value)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return structuredClone(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  const made: Record<string, unknown> = {}
  seen.set(value, made)
  for (const [key, item] of Object.entries(value)) made[key] = copy(item, seen)
  return made
}

function deepCopy(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(deepCopy)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return structuredClone(value)
  const made: Record<string, unknown> = { ...value }
  for (const key in made) {
    const item = made[key]
    if (item !== null && typeof item === 'object') made[key] = deepCopy(item)
  }
  return made
}
