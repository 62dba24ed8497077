import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { lineRedactor, redacted } from '../../../runtime/support/redact.ts'
import { redactText } from '../../../runtime/support/redact-text.ts'

const SECRET = 'hunter2'

class Credential {
  readonly value = SECRET
}

describe('a text without its secrets', () => {
  it.each([
    format({ password: SECRET }),
    format({ dbPassword: SECRET, user: 'x' }),
    format({ db_password: SECRET }),
    format('%o', { Password: SECRET }),
    format('%j', { apiToken: SECRET }),
    format({ access_token: SECRET, client_secret: SECRET, connectionString: SECRET }),
    format({ password: `${'line\n'.repeat(30)}${SECRET}` }),
    format({ password: [SECRET], token: { value: SECRET }, secret: new Credential() }),
    format({ password: Buffer.from(SECRET) }).replace('68 75 6e 74 65 72 32', SECRET),
    format({ [Symbol('password')]: SECRET }),
    format(new Map([['password', SECRET]])),
    format({ tokens: [SECRET, SECRET], 'x-api-key': SECRET, pass: SECRET, 'set-cookie': [SECRET] }),
    inspect({ password: `it's ${SECRET}` }),
    JSON.stringify(JSON.stringify({ authorization: `Bearer ${SECRET}` })),
    `{"password": "a\\"${SECRET}"}`,
    `password=${SECRET}`,
    `Password : ${SECRET}`,
    `api key: ${SECRET}`,
    `PGPASSWORD=${SECRET} psql`,
    `deploy --password ${SECRET} --token=${SECRET}`,
    `Authorization: Bearer ${SECRET}`,
    `curl -H 'authorization: Basic ${SECRET}'`,
    `Server=x;Password=${SECRET};`,
    `postgres://user:${SECRET}@host/db`,
    `redis://:${SECRET}@host`,
    `postgres://user:p@${SECRET}@host/db`,
    `GET https://api.test/x?token=${SECRET}&page=2`,
    `https://files.test/x?X-Amz-Signature=${SECRET}`,
    `it was sent as Bearer eyJhbGciOi1${SECRET}`,
  ])('hides the one in %s', (text) => {
    expect(text).toContain(SECRET)

    expect(redactText(text)).not.toContain(SECRET)
    expect(redactText(text)).toContain('[Redacted]')
  })

  it.each([
    'tokens: 5',
    '{ maxTokens: 4096, prompt_tokens: 5, tokens: [ 1, 2 ] }',
    '{ tokenType: Bearer, passwordPolicy: strict, hasPassword: true, password: null }',
    'at checkToken (/app/token.ts:10:5)',
    'Unexpected token } in JSON at position 5',
    'job "refresh-token": it failed',
    '[refresh-token] failed: the server is away',
    'PWD=/home/someone',
    'the secretary: Bob; bypass: x; tokenizer: bpe; 12 passed; pass: 5 fail: 2',
    'user@example.com and https://user@host/x?y=1',
    'basic authentication, and the bearer of news',
  ])('is left as it is where it has none: %s', (text) => {
    expect(redactText(text)).toBe(text)
  })

  it('keeps what is around a secret, and the quotes, so that JSON stays JSON', () => {
    expect(redactText(`{"user":"x","password":"${SECRET}","port":5432}`)).toBe(
      '{"user":"x","password":"[Redacted]","port":5432}',
    )
    expect(redactText(`GET /x?token=${SECRET}&page=2 failed`)).toBe('GET /x?token=[Redacted]&page=2 failed')
    expect(redactText(redactText(`password: '${SECRET}' is wrong`))).toBe("password: '[Redacted]' is wrong")
  })

  it.each([
    `token="${'\\"'.repeat(30_000)}`,
    `://${'a:'.repeat(30_000)}`,
    'password: "x'.repeat(6000),
    '://'.repeat(20_000),
    `password${' '.repeat(60_000)}`,
    `bearer ${'a'.repeat(60_000)}`,
    `password: ${'{'.repeat(60_000)}`,
  ])('takes no time that grows with the square of a text: case %#', (text) => {
    const begin = performance.now()

    redactText(text)

    expect(performance.now() - begin).toBeLessThan(500)
  })
})

describe('values without their secrets', () => {
  it('hides by parts of names, at any depth, and within texts', () => {
    const value = {
      db: { dbPassword: SECRET, url: `postgres://user:${SECRET}@host/db` },
      list: [{ Authorization: `Bearer ${SECRET}` }, { apiKeys: [SECRET] }],
    }

    expect(redacted(value)).toEqual({
      db: { dbPassword: '[Redacted]', url: 'postgres://user:[Redacted]@host/db' },
      list: [{ Authorization: '[Redacted]' }, { apiKeys: '[Redacted]' }],
    })
  })

  it('shows what says something about a secret: counts of tokens, whether there is one', () => {
    const value = {
      tokens: 5,
      usage: { totalTokens: { input: 5 } },
      hasPassword: true,
      password: null,
      tokenType: 'jwt',
    }

    expect(redacted(value)).toEqual(value)
  })

  it('hides the names of the workspace, too', () => {
    expect(redacted({ iban: 'DE1', nested: { IBAN: 'DE2' } }, ['iban'])).toEqual({
      iban: '[Redacted]',
      nested: { IBAN: '[Redacted]' },
    })
  })
})

describe('lines of the log', () => {
  it('come back as they are where they have no secret, and else as JSON without it', () => {
    const redact = lineRedactor(['iban'])
    const plain = '{"level":"info","msg":"all is well"}\n'

    expect(redact(plain)).toBe(plain)
    expect(redact(`{"level":"info","msg":"x","iban":"DE1","h":{"authorization":"${SECRET}"}}\n`)).toBe(
      '{"level":"info","msg":"x","iban":"[Redacted]","h":{"authorization":"[Redacted]"}}\n',
    )
  })
})
