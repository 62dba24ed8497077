import { expect, it } from 'vitest'
import { nextTurn } from '../../../runtime/support/clock.ts'
import { TestClock } from '../../../runtime/testing/test-clock.ts'
import { CountedSlots, SharedSlots, type Slots } from '../../../runtime/worker/slots.ts'

/** Work that is under way until it is told to end. */
function openWork() {
  let end: () => void = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const work = {
    hasBegun: false,
    end: () => end(),
    run() {
      work.hasBegun = true
      return ended
    },
  }
  return work
}

it('has room for one without any slot, and for others in slots that are free', async () => {
  const slots = new CountedSlots(1)
  const place = new SharedSlots(slots, new TestClock())
  const works = [openWork(), openWork(), openWork()]
  const begun = () => works.map(({ hasBegun }) => hasBegun)

  const runs = works.map((work) => place.run(work.run))
  await nextTurn()
  expect(begun()).toEqual([true, true, false])

  works[0]?.end()
  await nextTurn()
  expect(begun()).toEqual([true, true, true])

  for (const work of works) work.end()
  await Promise.all(runs)
  expect([await slots.tryAcquire(), await slots.tryAcquire()]).toEqual([true, false])
})

it('looks every second whether a slot has become free elsewhere', async () => {
  const slots = new CountedSlots(1)
  slots.forceAcquire()
  const clock = new TestClock()
  const place = new SharedSlots(slots, clock)
  const [first, second] = [openWork(), openWork()]
  const runs = [place.run(first.run), place.run(second.run)]

  slots.release()
  await clock.advance(999)
  expect(second.hasBegun).toBe(false)
  await clock.advance(1)
  expect(second.hasBegun).toBe(true)

  first.end()
  second.end()
  await Promise.all(runs)
})

it('gives a slot back that it was lent when it needs none any more', async () => {
  let acquired: (isLent: boolean) => void = () => {}
  let givenBack = 0
  const slots: Slots = {
    concurrency: 2,
    tryAcquire: () =>
      new Promise((resolve) => {
        acquired = resolve
      }),
    forceAcquire: () => {},
    release: () => void givenBack++,
  }
  const place = new SharedSlots(slots, new TestClock())
  const [first, second] = [openWork(), openWork()]
  const runs = [place.run(first.run), place.run(second.run)]
  await nextTurn()

  first.end()
  await nextTurn()
  acquired(true)
  await nextTurn()

  expect({ hasBegun: second.hasBegun, givenBack }).toEqual({ hasBegun: true, givenBack: 1 })
  second.end()
  await Promise.all(runs)
  expect(givenBack).toBe(1)
})

it('makes room again after what fails', async () => {
  const place = new SharedSlots(new CountedSlots(0), new TestClock())
  await expect(place.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await place.run(async () => 'done')).toBe('done')
})
