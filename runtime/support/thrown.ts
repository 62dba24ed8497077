import { inspect } from 'node:util'
import type { JsonObject, JsonValue } from './json.ts'

/** Texts of an error are kept up to these lengths, in characters. */
const LONGEST_MESSAGE = 4096
const LONGEST_STACK = LONGEST_MESSAGE * 4
/** How far causes are followed: a chain may be a circle. */
const CAUSES = 5
/** Of an error's own properties: how deep and how many are logged. */
const DEPTH = 4
const MOST_VALUES = 200

/** A thrown value, read once: everything in it is a plain text of limited length. */
export interface Thrown {
  readonly isError: boolean
  readonly name: string
  readonly message: string
  /** With the stacks of its causes; null where it has none. */
  readonly stack: string | null
  /** Its own code, hint and the like; undefined where it has none that is a text. */
  text(property: string): string | undefined
  /** Any other own or inherited property; undefined where reading it throws. */
  value(property: string): unknown
}

/**
 * Reads whatever was thrown. A job may throw anything: an error whose message is not a text or whose stack throws when it is
 * read, a proxy, something frozen or without a prototype. Nothing of that may break what concludes the job, so this is
 * the only place that looks into thrown values, and it never throws.
 */
export function readThrown(thrown: unknown): Thrown {
  const value = (property: string): unknown => read(thrown, property)
  const text = (property: string): string | undefined => {
    const found = value(property)
    return typeof found === 'string' ? clip(found, LONGEST_MESSAGE) : undefined
  }
  if (!isError(thrown)) {
    return { isError: false, name: 'Error', message: textOf(thrown), stack: null, text, value }
  }
  const name = text('name') || 'Error'
  return { isError: true, name, message: messageOf(thrown, name), stack: stackOf(thrown), text, value }
}

/**
 * A thrown value as a log line carries it: its texts, and its own properties as far as they are plain data. `pointed`: its
 * stack as it is shown.
 */
export function loggedError(thrown: unknown, pointed = (stack: string): string => stack): JsonValue {
  if (!isError(thrown)) return plain(thrown, DEPTH, { left: MOST_VALUES })
  const { name, message, stack } = readThrown(thrown)
  const shown = stack === null ? null : pointed(stack)
  return { type: typeName(thrown) ?? name, message, stack: shown, ...ownFields(thrown) }
}

/** What an error has of its own beside its texts, such as `status`, as far as it is plain data. */
export function ownFields(error: Error): JsonObject {
  const known = new Set(['name', 'message', 'stack', 'cause', 'errors', 'type', '__proto__'])
  const own = ownKeys(error).filter((key) => !known.has(key))
  return fieldsOf(error, own, DEPTH, { left: MOST_VALUES })
}

/** Cut to `length` characters, where need be with an ellipsis; never in the middle of a character. */
export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`
}

/** Whether it is an error; a proxy may throw where that is asked. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

function read(from: unknown, property: string): unknown {
  try {
    return (typeof from === 'object' && from !== null) || typeof from === 'function'
      ? Reflect.get(from, property)
      : undefined
  } catch {
    return undefined
  }
}

function ownKeys(value: object): string[] {
  try {
    return Object.keys(value)
  } catch {
    return []
  }
}

function typeName(error: object): string | undefined {
  const name = read(read(error, 'constructor'), 'name')
  return typeof name === 'string' && name !== '' ? clip(name, LONGEST_MESSAGE) : undefined
}

function messageOf(error: Error, name: string): string {
  const message = read(error, 'message')
  if (typeof message === 'string') return clip(message || name, LONGEST_MESSAGE)
  return message === undefined || message === null ? name : textOf(message)
}

/** The stack, those of its causes, and those of the errors that it gathers. */
function stackOf(error: Error): string | null {
  const own = read(error, 'stack')
  if (typeof own !== 'string') return null
  let text = clip(own, LONGEST_STACK)
  const gathered = read(error, 'errors')
  for (const each of firstOf(gathered, CAUSES)) text += `\none of its errors: ${shortStack(each)}`
  let cause = read(error, 'cause')
  for (let depth = 0; isError(cause) && depth < CAUSES; depth++) {
    text += `\ncaused by ${shortStack(cause)}`
    cause = read(cause, 'cause')
  }
  return clip(text, LONGEST_STACK)
}

function firstOf(list: unknown, count: number): unknown[] {
  try {
    return Array.isArray(list) ? list.slice(0, count) : []
  } catch {
    return []
  }
}

function shortStack(thrown: unknown): string {
  if (!isError(thrown)) return textOf(thrown)
  const stack = read(thrown, 'stack')
  return typeof stack === 'string' ? clip(stack, LONGEST_MESSAGE) : messageOf(thrown, 'Error')
}

/** Of a value that is not an error. What describes itself by `inspect.custom` may fail at it. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return clip(value, LONGEST_MESSAGE)
  const limits = { depth: 3, maxArrayLength: 20, maxStringLength: 1000, breakLength: Number.POSITIVE_INFINITY }
  for (const customInspect of [true, false]) {
    try {
      return clip(String(inspect(value, { ...limits, customInspect })), LONGEST_MESSAGE)
    } catch {
      // The next attempt asks less of it.
    }
  }
  return 'a value without a text'
}

function plain(value: unknown, depth: number, budget: { left: number }): JsonValue {
  if (budget.left-- <= 0) return '…'
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'string') return clip(value, LONGEST_MESSAGE)
  if (typeof value !== 'object') return textOf(value)
  if (isError(value)) return { message: readThrown(value).message }
  if (depth === 0) return '…'
  try {
    if (value instanceof Date || ArrayBuffer.isView(value)) return textOf(value)
    if (Array.isArray(value)) {
      return value.slice(0, MOST_VALUES).map((item: unknown) => plain(item, depth - 1, budget))
    }
    return fieldsOf(value, Object.keys(value), depth - 1, budget)
  } catch {
    return 'a value without a text'
  }
}

/** Of an object, what JSON would hold of it too: neither functions nor what is undefined. */
function fieldsOf(from: object, keys: readonly string[], depth: number, budget: { left: number }): JsonObject {
  const fields: [string, JsonValue][] = []
  for (const key of keys) {
    if (budget.left <= 0) break
    const value = read(from, key)
    if (['undefined', 'function', 'symbol'].includes(typeof value)) continue
    fields.push([clip(key, 200), plain(value, depth, budget)])
  }
  return Object.fromEntries(fields)
}
