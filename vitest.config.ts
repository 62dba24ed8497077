import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { NoSkips } from './tests/support/no-skips.ts'

/** One PostgreSQL for the whole run; each file that needs it makes a database of its own there. */
const POSTGRES = 'tests/support/postgres-setup.ts'
const BUILD = 'tests/support/build-setup.ts'

/** A kind of test is a folder of `tests/` and a project of the same name: `npx vitest run --project unit`. */
function kind(name: string, options: object) {
  return {
    test: {
      name,
      include: [`tests/${name}/**/*.test.ts`],
      testTimeout: 60_000,
      hookTimeout: 120_000,
      ...options,
    },
  }
}

/** Threads are ready sooner than processes: for tests that do nothing to their process that others would notice. */
const THREADS = { pool: 'threads' }

/** Loading the source once for all files of a thread halves the CPU time; it has no state that one file leaves to the next. */
const SHARED_SOURCE = { ...THREADS, isolate: false }

/** Starts the kinds whose files take longest first, so that the run doesn't end with one of them alone. */
const SLOWEST_FIRST = ['long', 'integration', 'conformance', 'unit']

class SlowestKindFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project }: TestSpecification): number => SLOWEST_FIRST.indexOf(project.name)
    // Within a kind vitest's own order stays: by the last run's duration, or by size where there was none.
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    // Most tests wait for processes of their own: more files at once than cores.
    maxWorkers: 3,
    sequence: { sequencer: SlowestKindFirst },
    reporters: ['default', ...(process.env.FAIL_ON_SKIP ? [new NoSkips()] : [])],
    projects: [
      // The source in this process: starts no server, needs no build, and each file answers at once.
      kind('unit', SHARED_SOURCE),
      // What every store has to do alike, on SQLite, PostgreSQL and memory.
      kind('conformance', { ...SHARED_SOURCE, globalSetup: [POSTGRES] }),
      // The source again, through hundreds of thousands of cases.
      kind('long', THREADS),
      // The built package, in processes of its own.
      kind('integration', { globalSetup: [BUILD, POSTGRES] }),
      // One at a time, after all others: they measure time limits on real processes, and need the machine to themselves.
      kind('chaos', { globalSetup: [BUILD], fileParallelism: false, sequence: { groupOrder: 1 } }),
    ],
  },
})
