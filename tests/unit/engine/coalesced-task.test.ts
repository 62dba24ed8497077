import { expect, it } from 'vitest'
import { CoalescedTask } from '../../../runtime/engine/coalesced-task.ts'

/** A task whose runs end when they are let go. */
function heldTask() {
  const held: (() => void)[] = []
  const errors: unknown[] = []
  let runs = 0
  const task = new CoalescedTask(
    async () => {
      runs++
      await new Promise<void>((resolve) => held.push(resolve))
    },
    (error) => errors.push(error),
  )
  return { task, errors, runs: () => runs, release: () => held.shift()?.() }
}

it('runs once more, however often it is requested while it runs', async () => {
  const { task, runs, release } = heldTask()
  task.request()
  task.request()
  task.request()
  expect(task.isRequested).toBe(true)
  release()
  await expect.poll(runs).toBe(2)
  expect(task.isRequested).toBe(false)
  release()
  await task.idle()
  expect(runs()).toBe(2)
})

it('is idle at once where it does not run', async () => {
  const { task, runs } = heldTask()
  await task.idle()
  await task.over
  expect(runs()).toBe(0)
})

it('hands an error on and can be requested again', async () => {
  const errors: unknown[] = []
  let runs = 0
  const task = new CoalescedTask(
    async () => {
      if (runs++ === 0) throw new Error('away')
    },
    (error) => errors.push(error),
  )
  task.request()
  await task.idle()
  expect(errors).toEqual([new Error('away')])
  task.request()
  await task.idle()
  expect(runs).toBe(2)
})
