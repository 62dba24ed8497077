import type { Script } from './transaction-script.ts'

/** What jobs returned: texts, which the worker writes and reads. They go with their execution. */
export interface ResultTables {
  insertResults(results: readonly { readonly executionId: string; readonly value: string }[]): Script<void>
  /** Null where nothing was kept. */
  result(executionId: string): Script<string | null>
}
