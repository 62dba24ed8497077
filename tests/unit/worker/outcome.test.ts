import { expect, it } from 'vitest'
import { FatalError, RetryableError, retryDelay } from '../../../runtime/worker/outcome.ts'

const policy = { attempts: 4, delay: 10_000, backoff: 'exponential', maxDelay: 25_000 } as const

it('the last attempt is not followed by another', () => {
  expect(retryDelay(policy, 3, new Error('no'), 'x')).not.toBeNull()
  expect(retryDelay(policy, 4, new Error('no'), 'x')).toBeNull()
})

it('a fixed delay is as written, and capped', () => {
  expect(retryDelay({ ...policy, backoff: 'fixed' }, 3, new Error('no'), 'x')).toBe(10_000)
  expect(retryDelay({ ...policy, backoff: 'fixed', maxDelay: 4000 }, 1, new Error('no'), 'x')).toBe(4000)
})

it('an exponential delay doubles up to its cap, spread over its upper half, equal for equal executions', () => {
  const delays = (failures: number) =>
    Array.from({ length: 100 }, (_, index) => retryDelay(policy, failures, new Error('no'), `execution-${index}`) ?? 0)
  for (const [failures, full] of [
    [1, 10_000],
    [2, 20_000],
    [3, 25_000],
  ] as const) {
    expect(Math.min(...delays(failures))).toBeGreaterThanOrEqual(full / 2)
    expect(Math.max(...delays(failures))).toBeLessThanOrEqual(full)
    expect(new Set(delays(failures)).size).toBeGreaterThan(50)
    expect(delays(failures)).toEqual(delays(failures))
  }
})

it('a fatal error ends the attempts', () => {
  expect(retryDelay(policy, 1, new FatalError('bad input'), 'x')).toBeNull()
})

it('a retryable error says when to come back, while attempts are left', () => {
  const error = new RetryableError('rate limited', { retryAfter: 90_000 })
  expect(retryDelay(policy, 1, error, 'x')).toBe(90_000)
  expect(retryDelay(policy, 4, error, 'x')).toBeNull()
  expect(retryDelay({ ...policy, backoff: 'fixed' }, 1, new RetryableError('later'), 'x')).toBe(10_000)
})

it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 31 * 86_400_000, '30s', new Date(0), Symbol('x'), null])(
  'a retryable error refuses a delay that is no sensible number of milliseconds: %s',
  (retryAfter) => {
    const make = () => new RetryableError('later', { retryAfter: retryAfter as never })
    expect(make).toThrow(expect.objectContaining({ code: 'RETRY_AFTER', hint: expect.stringMatching(/^give milli/) }))
  },
)

it('a delay that no attempt should be put off by is not heeded in an error of another make', () => {
  const foreign = Object.assign(new Error('later'), { name: 'RetryableError', retryAfter: Number.POSITIVE_INFINITY })
  expect(retryDelay({ ...policy, backoff: 'fixed' }, 1, foreign, 'x')).toBe(10_000)
})
