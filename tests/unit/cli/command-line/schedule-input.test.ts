import { describe, expect, it } from 'vitest'
import { checkSchedule } from '../../../../cli/command-line/schedule-input.ts'

const NOW = new Date('2026-11-22T00:00:00Z')

describe('the value of --schedule', () => {
  it.each(['0 0 * * *', '*/5 * * * * *', '0 0 * * MON-FRI', '@daily', 'at(2027-01-01T00:00:00)', 'cron(0 12 * * ? *)'])(
    'is taken without a word: %s',
    (expression) => {
      expect(checkSchedule(expression, 'UTC', NOW).remarks).toEqual([])
    },
  )

  it('is said to be an extension where cron-validator refuses the fields and we do not', () => {
    expect(checkSchedule('0 0 L * *', 'UTC', NOW).remarks).toEqual([
      'other cron programs may not accept "0 0 L * *": it uses extensions',
    ])
  })

  it('must be possible, although cron-validator takes it', () => {
    expect(() => checkSchedule('0 0 31 4 *', 'UTC', NOW)).toThrow('--schedule "0 0 31 4 *": no date ever matches')
  })

  it('is refused in the words of the one who reads it, with the same code', () => {
    expect(() => checkSchedule('5-1 * * * *', 'UTC', NOW)).toThrow(
      expect.objectContaining({ code: 'SCHEDULE_REVERSED_RANGE', hint: expect.any(String) }),
    )
  })
})
