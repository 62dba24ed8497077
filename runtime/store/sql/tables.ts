import type { Tables } from '../driver.ts'
import type { Dialect } from './dialect.ts'
import { executionTables } from './executions.ts'
import { lockTables } from './locks.ts'
import { announcing } from './notices.ts'
import { recordTables } from './records.ts'
import { scheduleTables } from './schedules.ts'

/** The tables in SQL: the same statements for both dialects but for what only one of them has. */
export function sqlTables(dialect: Dialect): Tables {
  const tables = {
    ...scheduleTables(dialect),
    ...lockTables(dialect),
    ...executionTables(dialect),
    ...recordTables(dialect),
  }
  return dialect === 'postgres' ? announcing(tables) : tables
}
