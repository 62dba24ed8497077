import { isArray, type JsonObject, type JsonValue } from './json.ts'
import { CENSORED, redactText, SUSPICIOUS } from './redact-text.ts'
import { type Secrecy, secrecyOf } from './secret-names.ts'

/**
 * The value with everything under a secret name, at any depth, made unreadable; and without the secrets in its texts,
 * such as the password of a URL. `further`: names that the workspace adds, or paths that end in one.
 */
export function redacted(value: JsonValue, further: readonly string[] = []): JsonValue {
  return censor(value, namesOf(further), 'shown')
}

/** The same for the fields of an object. */
export function redactedFields(fields: JsonObject, further: readonly string[] = []): JsonObject {
  return censorFields(fields, namesOf(further), 'shown')
}

/**
 * Takes the secrets out of lines of the log, which are JSON objects, each with its line feed. One look tells that most
 * lines have none; only the others are read and written anew.
 */
export function lineRedactor(further: readonly string[] = []): (line: string) => string {
  const names = namesOf(further)
  const isSuspicious = new RegExp([SUSPICIOUS, ...[...names].map(escaped)].join('|'), 'i')
  return (line) => {
    if (!isSuspicious.test(line)) return line
    try {
      return `${JSON.stringify(censor(JSON.parse(line) as JsonValue, names, 'shown'))}\n`
    } catch {
      return redactText(line)
    }
  }
}

function namesOf(further: readonly string[]): ReadonlySet<string> {
  return new Set(further.map((name) => (name.split('.').pop() ?? name).toLowerCase()))
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

function censor(value: JsonValue, names: ReadonlySet<string>, secrecy: Secrecy): JsonValue {
  if (secrecy === 'hidden') return value === null || typeof value === 'boolean' ? value : CENSORED
  if (typeof value === 'string') return secrecy === 'numbers' ? CENSORED : redactText(value)
  if (value === null || typeof value !== 'object') return value
  if (isArray(value)) return value.map((item) => censor(item, names, secrecy))
  return censorFields(value, names, secrecy)
}

function censorFields(fields: JsonObject, names: ReadonlySet<string>, secrecy: Secrecy): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([key, item]) => {
      if (names.has(key.toLowerCase())) return [key, CENSORED]
      const own = secrecyOf(key)
      return [key, censor(item, names, own === 'shown' ? secrecy : own)]
    }),
  )
}
