import { randomHex } from '../support/uuid.ts'

let lastTime = 0
let counter = 0

/**
 * A UUID version 7 for the instant `now` (ms since the epoch) whose three digits after the version are 000: an engine on
 * many machines writes the number of the attempt there. Within a process each is greater than the one before, also when
 * the clock steps back by less than a minute: the 14 bits after the variant count. The rest is random.
 */
export function executionId(now: number): string {
  const time = Math.max(0, Math.floor(now))
  if (time > lastTime || time < lastTime - 60_000) {
    lastTime = time
    counter = Math.floor(Math.random() * 2 ** 12)
  } else if (++counter >= 2 ** 14) {
    lastTime += 1
    counter = 0
  }
  const t = lastTime.toString(16).padStart(12, '0')
  return `${t.slice(0, 8)}-${t.slice(8)}-7000-${(0x8000 | counter).toString(16)}-${randomHex(6)}`
}
