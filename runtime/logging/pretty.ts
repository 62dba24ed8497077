const COLORS: Record<string, number> = { trace: 90, debug: 36, info: 32, warn: 33, error: 31, fatal: 35 }

/**
 * A JSON log line as a person reads it: time of day, level, message, then the fields that the message doesn't say already.
 * `timeOfDay`: the time of day of an ISO 8601 text, to the millisecond; default: as it is written there.
 */
export function prettyLine(json: string, color: boolean, timeOfDay = (time: string) => time.slice(11, 23)): string {
  let line: Record<string, unknown>
  try {
    line = JSON.parse(json) as Record<string, unknown>
  } catch {
    return json
  }
  const { level, time, msg, err, job: _job, executionId: _executionId, ...fields } = line
  const paint = (code: number, text: string): string => (color ? `\u001b[${code}m${text}\u001b[39m` : text)
  const name = String(level)
  const clock = timeOfDay(String(time))
  const isSaid = (key: string, value: unknown): boolean =>
    key === 'durationMs' && String(msg).includes(` in ${value} ms`)
  const rest = Object.entries(fields).flatMap(([key, value]) => (isSaid(key, value) ? [] : ` ${key}=${plain(value)}`))
  const head = `${paint(90, clock)} ${paint(COLORS[name] ?? 39, name.toUpperCase().padEnd(5))} ${msg ?? ''}`
  return `${head}${paint(90, rest.join(''))}${errorText(err)}\n`
}

function plain(value: unknown): string {
  return typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value)
}

function errorText(error: unknown): string {
  if (error === null || typeof error !== 'object') return ''
  const { stack, message } = error as { stack?: unknown; message?: unknown }
  const text = typeof stack === 'string' ? stack : String(message ?? '')
  return text === '' ? '' : `\n${text.replace(/^/gm, '    ')}`
}
