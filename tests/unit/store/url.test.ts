import { join } from 'node:path'
import { expect, it } from 'vitest'
import { locateStore, storeUrl } from '../../../runtime/store/url.ts'

const workspace = '/srv/app'

it('without any word of it, the store is data/jobs.sqlite in the workspace', () => {
  expect(locateStore(undefined, { workspace })).toEqual({
    dialect: 'sqlite',
    path: '/srv/app/data/jobs.sqlite',
    target: 'file:/srv/app/data/jobs.sqlite',
    shown: 'file:/srv/app/data/jobs.sqlite',
  })
})

it('JOBS_STORE_URL comes before DATABASE_URL, and what is given before both', () => {
  const env = { JOBS_STORE_URL: 'file:own.sqlite', DATABASE_URL: 'postgres://localhost/app' }
  expect(locateStore(undefined, { env, workspace }).target).toBe('file:/srv/app/own.sqlite')
  expect(locateStore('memory:', { env, workspace })).toMatchObject({ dialect: 'memory', target: null })
  expect(storeUrl(env)).toBe('file:own.sqlite')
})

it('DATABASE_URL counts only where it is PostgreSQL', () => {
  expect(locateStore(undefined, { env: { DATABASE_URL: 'postgresql://h/db' } }).dialect).toBe('postgres')
  const sqlite = locateStore(undefined, { env: { DATABASE_URL: 'file:./data/dev.sqlite' }, workspace })
  expect(sqlite.target).toBe('file:/srv/app/data/jobs.sqlite')
  expect(locateStore(undefined, { env: { JOBS_STORE_URL: '' }, workspace }).dialect).toBe('sqlite')
})

it.each([
  ['file:./a.sqlite', '/srv/app/a.sqlite'],
  ['file:a.sqlite', '/srv/app/a.sqlite'],
  ['file://a.sqlite', '/srv/app/a.sqlite'],
  ['sqlite:a.sqlite', '/srv/app/a.sqlite'],
  ['a.sqlite', '/srv/app/a.sqlite'],
  ['file:/var/a.sqlite', '/var/a.sqlite'],
  ['file:///var/a%20b.sqlite', '/var/a b.sqlite'],
  ['../a.sqlite', '/srv/a.sqlite'],
])('the URL %s names the file %s', (url, path) => {
  expect(locateStore(url, { workspace })).toMatchObject({ dialect: 'sqlite', path: join(path) })
})

it('a password is used and never shown', () => {
  const location = locateStore('postgres://ann:s3cret%40@db.example:5433/jobs?sslmode=require&password=x')
  expect(location.target).toContain('s3cret')
  expect(location.shown).toBe('postgres://ann@db.example:5433/jobs?sslmode=require')
})

it.each(['mysql://h/db', 'http://h', 'file:', 'file:///%E0%A4%A'])(
  '%s is refused, with what to write instead',
  (url) => {
    expect(() => locateStore(url, { workspace })).toThrow(
      expect.objectContaining({ code: 'STORE_URL', hint: expect.stringContaining('memory:') }),
    )
  },
)

it('a PostgreSQL URL that cannot be read is refused without being shown', () => {
  try {
    locateStore('postgres://ann:pa/ss@:x')
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ code: 'STORE_URL' })
    expect(String(error)).not.toContain('pa/ss')
  }
})
