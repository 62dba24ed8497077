import type { Tables } from '../driver.ts'
import type { Dialect } from './dialect.ts'
import { dismissalTables } from './dismissals.ts'
import { endTables } from './end-executions.ts'
import { fireTables } from './fires.ts'
import { keyTables } from './keys.ts'
import { lockTables } from './locks.ts'
import { nodeTables } from './nodes.ts'
import { announcing } from './notices.ts'
import { openTables } from './open-executions.ts'
import { queueTables } from './queue.ts'
import { listExecutions, readExecutions } from './read-executions.ts'
import { recordTables } from './records.ts'
import { resultTables } from './results.ts'
import { retentionTables } from './retention.ts'
import { scheduleTables } from './schedules.ts'
import { succeeding } from './succeed.ts'
import { executionInserters } from './write-executions.ts'

/** The tables in SQL: the same statements for both dialects but for what only one of them has. */
export function sqlTables(dialect: Dialect): Tables {
  const tables: Tables = {
    ...scheduleTables(dialect),
    ...lockTables(dialect),
    ...openTables(dialect),
    ...queueTables(dialect),
    ...fireTables(dialect),
    ...executionInserters(dialect),
    ...endTables(dialect),
    ...keyTables(dialect),
    ...resultTables(dialect),
    ...recordTables(dialect),
    ...dismissalTables(dialect),
    ...nodeTables(dialect),
    ...retentionTables(dialect),
    byIds: readExecutions(dialect),
    list: (filter) => listExecutions(dialect, filter),
    succeed: succeeding(dialect),
  }
  return dialect === 'postgres' ? announcing(tables) : tables
}
