const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

let lastTime = 0
let counter = 0

/**
 * A UUID version 7 (RFC 9562) for the instant `now` (ms since the epoch). Within a process each is greater than the
 * one before, also when the clock steps back by less than a minute: 12 bits after the time and 14 after the variant
 * count. A greater step back is followed, so that ids stay near the time.
 */
export function uuidv7(now: number): string {
  const time = Math.max(0, Math.floor(now))
  if (time > lastTime || time < lastTime - 60_000) {
    lastTime = time
    counter = random(3) >>> 1
  } else if (++counter >= 2 ** 26) {
    lastTime += 1
    counter = 0
  }
  const high = Math.floor(counter / 2 ** 14)
  const low = counter % 2 ** 14
  const t = lastTime.toString(16).padStart(12, '0')
  return (
    `${t.slice(0, 8)}-${t.slice(8)}-7${high.toString(16).padStart(3, '0')}-` +
    `${(0x8000 | low).toString(16)}-${randomHex(6)}`
  )
}

function random(bytes: number): number {
  let value = 0
  for (let i = 0; i < bytes; i++) value = value * 256 + next()
  return value
}

/** Digits of so many random bytes. */
export function randomHex(bytes: number): string {
  let text = ''
  for (let i = 0; i < bytes; i++) text += HEX[next()]
  return text
}

/** Ids must be unique, not secret: Math.random will do, and loading node:crypto would cost every start some milliseconds. */
function next(): number {
  return Math.floor(Math.random() * 256)
}
