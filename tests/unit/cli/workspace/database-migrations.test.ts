import { describe, expect, it } from 'vitest'
import { migrationFiles, statementsOf } from '../../../../cli/workspace/database-migrations.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

describe('the statements of a SQL file', () => {
  it.each([
    ['create table a (x); insert into a values (1);', ['create table a (x)', 'insert into a values (1)']],
    ["insert into a values ('x;y''z;'); select 1", ["insert into a values ('x;y''z;')", 'select 1']],
    ['-- first; of all\nselect 1; /* nothing; */ ; -- the end', ['-- first; of all\nselect 1']],
    [
      'create function f() as $$ begin; end $$ language sql; select 2',
      ['create function f() as $$ begin; end $$ language sql', 'select 2'],
    ],
    [
      'create trigger t after insert on a begin update a set x = 1; delete from b; end; select 3;',
      ['create trigger t after insert on a begin update a set x = 1; delete from b; end', 'select 3'],
    ],
    [`select data ? 'key', '?' from a`, [`select data ?? 'key', '?' from a`]],
    ['', []],
  ])('the statements of %j are told apart', (sql, statements) => {
    expect(statementsOf(sql)).toEqual(statements)
  })
})

it('migrations come in the order of their names', () => {
  const folder = 'src/backend/db/migrations'
  const names = ['0002-b.ts', '0001-a.sql', '0010-c.js', 'notes.md', 'types.d.ts']
  const { root } = makeWorkspace({ files: Object.fromEntries(names.map((name) => [`${folder}/${name}`, ''])) })
  expect(migrationFiles(root).map(({ name }) => name)).toEqual(['0001-a', '0002-b', '0010-c'])
  expect(migrationFiles(makeWorkspace().root)).toEqual([])
})
