import { describe, expect, it } from 'vitest'
import { messageOf } from '../../../runtime/support/errors.ts'
import { loggedError, readThrown } from '../../../runtime/support/thrown.ts'
import { errorRecord, retryDelay } from '../../../runtime/worker/outcome.ts'
import { thrownRecord } from '../../../runtime/worker/thrown-record.ts'
import { HOSTILE_THROWS } from '../../support/hostile-throws.ts'

const policy = { attempts: 2, delay: 1000, backoff: 'fixed', maxDelay: 1000 } as const

function thrownBy(body: string): unknown {
  try {
    new Function(body)()
  } catch (thrown) {
    return thrown
  }
  throw new Error(`${body} throws nothing`)
}

describe('reading what was thrown', () => {
  it.each(Object.entries(HOSTILE_THROWS))('%s: gives texts of limited length, and never throws', (_, body) => {
    const thrown = thrownBy(body)

    const { name, message, stack } = readThrown(thrown)
    const record = errorRecord(thrown)

    for (const text of [name, message, record.message, record.code, messageOf(thrown).slice(0, 9)]) {
      expect(typeof text).toBe('string')
      expect(text.length).toBeLessThanOrEqual(4096)
    }
    expect(stack === null || typeof stack === 'string').toBe(true)
    expect(JSON.stringify(loggedError(thrown)).length).toBeLessThan(200_000)
    expect(JSON.stringify(thrownRecord(thrown)).length).toBeLessThan(200_000)
    expect(retryDelay(policy, 1, thrown, 'x')).toBe(1000)
  })

  it('keeps what an error says: its code, its causes and the errors that it gathers', () => {
    const cause = new RangeError('the disk is away')
    const error = Object.assign(new Error('no backup', { cause }), { code: 'E_DISK', attempt: 3 })

    expect(errorRecord(error)).toMatchObject({ code: 'E_DISK', message: 'no backup' })
    expect(readThrown(error).stack).toContain('caused by RangeError: the disk is away')
    expect(readThrown(new AggregateError([new Error('first')], 'many')).stack).toContain(
      'one of its errors: Error: first',
    )
    expect(loggedError(error)).toMatchObject({ type: 'Error', message: 'no backup', code: 'E_DISK', attempt: 3 })
  })

  it('follows causes that go in a circle only so far', () => {
    const error = new Error('round')
    error.cause = error

    expect(readThrown(error).stack?.split('caused by').length).toBeLessThan(10)
  })
})
