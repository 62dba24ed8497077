import { expect, it } from 'vitest'
import { uuidv7 } from '../../../runtime/support/uuid.ts'

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

it('has the form of version 7 and begins with the time', () => {
  const now = Date.UTC(2030, 0, 1)
  expect(uuidv7(now)).toMatch(FORM)
  expect(timeOf(uuidv7(now + 1))).toBe(now + 1)
})

it('grows within one millisecond, and when the clock steps back a little', () => {
  const now = Date.UTC(2031, 0, 1)
  const ids = Array.from({ length: 100_000 }, (_, n) => uuidv7(now - (n % 50)))
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})

it('follows a clock that is set back by more than a minute', () => {
  const now = Date.UTC(2032, 0, 1)
  uuidv7(now)
  expect(timeOf(uuidv7(now - 3_600_000))).toBe(now - 3_600_000)
})
