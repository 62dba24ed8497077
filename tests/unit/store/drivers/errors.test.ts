import { expect, it } from 'vitest'
import { isConflict, postgresError } from '../../../../runtime/store/drivers/postgres-errors.ts'
import { isBusy, sqliteError } from '../../../../runtime/store/drivers/sqlite-errors.ts'
import { StoreError } from '../../../../runtime/store/errors.ts'

const coded = (code: string, message = 'what the driver says'): Error => Object.assign(new Error(message), { code })

it.each([
  ['SQLITE_FULL', 'STORE_FULL'],
  ['SQLITE_READONLY', 'STORE_READ_ONLY'],
  ['SQLITE_READONLY_DBMOVED', 'STORE_READ_ONLY'],
  ['SQLITE_CORRUPT', 'STORE_CORRUPT'],
  ['SQLITE_NOTADB', 'STORE_CORRUPT'],
  ['SQLITE_CANTOPEN', 'STORE_UNAVAILABLE'],
  ['SQLITE_IOERR_WRITE', 'STORE_UNAVAILABLE'],
  ['SQLITE_BUSY', 'STORE_BUSY'],
])('SQLite’s %s is %s, with what to do', (code, expected) => {
  const error = sqliteError(coded(code), '/data/jobs.sqlite')
  expect(error).toBeInstanceOf(StoreError)
  expect(error).toMatchObject({ code: expected, hint: expect.any(String), cause: { code } })
  expect(String(error)).toContain('/data/jobs.sqlite')
})

it.each([
  ['ECONNREFUSED', 'STORE_UNAVAILABLE'],
  ['57P01', 'STORE_UNAVAILABLE'],
  ['08006', 'STORE_UNAVAILABLE'],
  ['28P01', 'STORE_UNAVAILABLE'],
  ['3D000', 'STORE_UNAVAILABLE'],
  ['55P03', 'STORE_BUSY'],
  ['53100', 'STORE_FULL'],
  ['25006', 'STORE_READ_ONLY'],
  ['XX001', 'STORE_CORRUPT'],
  ['40P01', 'STORE_BUSY'],
])('PostgreSQL’s %s is %s, with what to do', (code, expected) => {
  const error = postgresError(coded(code), 'postgres://h/db')
  expect(error).toMatchObject({ code: expected, hint: expect.any(String), cause: { code } })
  expect(String(error)).toContain('postgres://h/db')
})

it('what is no matter of the database stays what it is', () => {
  const bug = new TypeError('x is not a function')
  expect(sqliteError(bug, 'f')).toBe(bug)
  expect(postgresError(bug, 'u')).toBe(bug)
  const constraint = coded('23505')
  expect(postgresError(constraint, 'u')).toBe(constraint)
})

it('only what passes by itself is worth another try', () => {
  expect(new StoreError('STORE_BUSY', 'm').isTransient).toBe(true)
  expect(new StoreError('STORE_UNAVAILABLE', 'm').isTransient).toBe(true)
  expect(new StoreError('STORE_FULL', 'm').isTransient).toBe(false)
  expect(isBusy(coded('SQLITE_BUSY_SNAPSHOT'))).toBe(true)
  expect(isBusy(coded('SQLITE_FULL'))).toBe(false)
  expect(isConflict(coded('40001'))).toBe(true)
})
