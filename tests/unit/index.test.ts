import { describe, expect, it } from 'vitest'
import * as api from '../../runtime/index.ts'
import { AbortedError, FatalError, JobsError, RetryableError, TenantsFailedError } from '../../runtime/index.ts'

it('a scheduler writes its log where openLog says, without secrets', async () => {
  const lines: string[] = []
  const log = api.openLog({ level: 'info', redact: ['iban'], destination: { write: (line) => void lines.push(line) } })
  const run = ({ log }: api.JobContext): void => log.info({ iban: 'DE00 1234' }, 'paid')
  const scheduler = api.createScheduler({ jobs: [{ name: 'pay', run }], store: 'memory:', log })
  await scheduler.run('pay')
  await scheduler.destroy()
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', job: 'pay', iban: '[Redacted]', msg: '[pay] paid' })
  expect(() => api.openLog({ level: 'loud' })).toThrow(expect.objectContaining({ code: 'LOG_LEVEL' }))
})

describe('the errors of the entry point', () => {
  const errors = Object.entries(api).filter(([name]) => name.endsWith('Error'))

  it.each(errors)('%s belongs to the JobsError family', (_, error) => {
    expect(error === JobsError || Object.prototype.isPrototypeOf.call(JobsError, error)).toBe(true)
  })

  it.each([
    ['FATAL', new FatalError('no', { cause: 1 })],
    ['RETRYABLE', new RetryableError('later', { retryAfter: 10, cause: 1 })],
    ['TIMEOUT', new AbortedError('timeout', 'it took longer than its timeout')],
    ['TENANTS_FAILED', new TenantsFailedError('bill', [{ tenant: 'a', error: new Error('broke') }])],
  ])('has the code %s', (code, error) => {
    expect(error).toBeInstanceOf(JobsError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code, name: error.constructor.name })
  })

  it("keeps a job's own subclass of FatalError or RetryableError what it is", () => {
    class NoSuchReport extends FatalError {}
    class TooManyRequests extends RetryableError {}

    expect(new NoSuchReport('x')).toBeInstanceOf(FatalError)
    expect(new NoSuchReport('x')).not.toBeInstanceOf(RetryableError)
    expect(new TooManyRequests('x', { retryAfter: 5 })).toMatchObject({ name: 'RetryableError', retryAfter: 5 })
  })
})
