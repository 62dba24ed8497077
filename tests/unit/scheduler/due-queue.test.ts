import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DueQueue } from '../../../runtime/scheduler/due-queue.ts'

it('an empty queue has nothing due and no next time', () => {
  const queue = new DueQueue<string>()
  expect(queue.nextAt).toBeUndefined()
  expect(queue.takeDue(Number.MAX_SAFE_INTEGER)).toEqual([])
})

it('whatever is pushed comes out once, earliest first, and not before it is due', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 })), fc.integer({ min: 0, max: 1000 }), (times, now) => {
      const queue = new DueQueue<number>()
      for (const time of times) queue.push(time, time)
      const sorted = [...times].sort((a, b) => a - b)
      expect(queue.nextAt).toBe(sorted[0])
      expect(queue.takeDue(now)).toEqual(sorted.filter((time) => time <= now))
      expect(queue.size).toBe(sorted.filter((time) => time > now).length)
      expect(queue.takeDue(1000)).toEqual(sorted.filter((time) => time > now))
    }),
  )
})
