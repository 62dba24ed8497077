import { describe, expect, it } from 'vitest'
import { ClockOffset } from '../../../runtime/store/clock-offset.ts'

describe('given measurements of another clock', () => {
  it('when its time lies between the question and the answer, then both may be one clock', () => {
    const offset = new ClockOffset()
    offset.measured(1000, 1000, 1004)
    offset.measured(2000, 2003, 2003)
    expect(offset.milliseconds).toBe(0)
  })

  it('when it is ahead or behind, then the offset is the least that explains that', () => {
    const ahead = new ClockOffset()
    ahead.measured(1000, 6002, 1004)
    expect(ahead.milliseconds).toBe(4998)
    const behind = new ClockOffset()
    behind.measured(6000, 1002, 6004)
    expect(behind.milliseconds).toBe(-4998)
  })

  it('when an answer was slow, then it changes nothing that it need not', () => {
    const offset = new ClockOffset()
    offset.measured(1000, 6002, 1004)
    offset.measured(2000, 8000, 9000)
    expect(offset.milliseconds).toBe(4998)
  })

  it('when this clock was set back in between, then the measurement says nothing', () => {
    const offset = new ClockOffset()
    offset.measured(6000, 6001, 1000)
    expect(offset.milliseconds).toBe(0)
  })
})
