import type { JsonValue } from './json.ts'

/** Names whose values are never shown or logged. */
export const SECRETS: readonly string[] = ['password', 'token', 'secret', 'authorization']

const CENSORED = '[Redacted]'

/** The value with what stands under a secret name, at any depth, made unreadable. `further`: names of the workspace's own. */
export function redacted(value: JsonValue, further: readonly string[] = []): JsonValue {
  const names = new Set([...SECRETS, ...further].map((name) => (name.split('.').pop() ?? name).toLowerCase()))
  return censor(value, names)
}

function censor(value: JsonValue, names: ReadonlySet<string>): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => censor(item, names))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, names.has(key.toLowerCase()) ? CENSORED : censor(item, names)]),
  )
}
