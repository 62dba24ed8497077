import { expect, it } from 'vitest'
import { type LogOutput, openLog } from '../../../runtime/logging/logger.ts'

function logTo(lines: string[], redact: readonly string[] = []): LogOutput {
  return openLog({ level: 'info', redact, destination: { write: (line) => void lines.push(line) } })
}

it('takes secrets out of fields, messages and what an error carries with it, before anybody sees the line', () => {
  const lines: string[] = []
  const kept: string[] = []
  const log = logTo(lines, ['iban', 'card.number']).forExecution('pay', { job: 'pay' }, (line) => kept.push(line))
  const error = Object.assign(new Error('401 for https://u:hunter2@api.test'), {
    config: { headers: { authorization: 'Bearer hunter2' }, retries: 2 },
  })

  log.info({ db_password: 'hunter2', deep: { er: { still: { apiToken: 'hunter2' } } } }, 'token=hunter2')
  log.error(error)
  log.error({ err: error }, 'failed')
  log.info({ iban: 'hunter2', card: { number: 'hunter2' } }, 'paid')

  expect(lines).toHaveLength(4)
  expect(kept).toEqual(lines)
  expect(lines.join('')).not.toContain('hunter2')
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({
    msg: '[pay] 401 for https://u:[Redacted]@api.test',
    err: { type: 'Error', config: { headers: { authorization: '[Redacted]' }, retries: 2 } },
  })
})

it('cuts what is too long for a line, wherever it is', () => {
  const lines: string[] = []
  const { root } = logTo(lines)
  const long = 'x'.repeat(50_000_000)

  root.info(long)
  root.info('%s', long)
  root.info({ field: long }, 'a field')
  root.info({ deep: { er: long } }, 'deeper')
  root.info({ many: Array.from({ length: 300_000 }, () => 'x') }, 'many')
  root.error(new Error(long))

  expect(lines).toHaveLength(6)
  for (const line of lines) {
    expect(line.length).toBeLessThan(300_000)
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.any(String) })
  }
})

it('logs an error that throws when it is read', () => {
  const lines: string[] = []
  const { root } = logTo(lines)
  const hostile = Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new Error('read')
    },
  })

  root.error(hostile)
  root.error({ err: hostile })
  root.error(
    {
      err: new Proxy(
        new Error('x'),
        new Proxy(
          {},
          {
            get: () => () => {
              throw new Error('trap')
            },
          },
        ),
      ),
    },
    'y',
  )

  expect(lines).toHaveLength(3)
})
