import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../../../runtime/support/duration.ts'

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    [' 1h 30m ', 5_400_000],
    ['0s', 0],
  ])('is read: %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  it.each(['', '15', '-5s', 'soon', '5 minutes', '1y', '1e3s', '٣s', '99999999999999999w'])(
    'is refused: %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  it('is written so that it reads back the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e13 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds)
      }),
    )
  })
})
