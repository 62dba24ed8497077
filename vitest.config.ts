import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const shared = { testTimeout: 60_000, hookTimeout: 120_000, exclude: ['**/node_modules/**'] }
/** One PostgreSQL for the whole run; each file that needs it makes a database of its own there. */
const POSTGRES = 'tests/support/postgres-setup.ts'
const BUILD = 'tests/support/global-setup.ts'

/** The files that take longest, the longest first: begun early, none of them is waited for alone at the end. */
const LONG = [
  ...['scheduler/long-run', 'integration/readme', 'scheduler-watch', 'history', 'scheduler-job', 'server', 'tenants'],
  ...['build-workspace', 'unbuilt-listing', 'schedule/oracle', 'objects', 'conformance/postgres', 'build-freshness'],
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((name) => moduleId.endsWith(`${name}.test.ts`))
      return place === -1 ? LONG.length : place
    }
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b))
  }
}

export default defineConfig({
  test: {
    // Most tests wait for processes of their own: more files at once than cores.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'source',
          // Threads are ready sooner than processes, and nothing here does to its process what others would feel.
          pool: 'threads',
          include: ['tests/unit/**/*.test.ts', 'tests/conformance/**/*.test.ts'],
          globalSetup: [POSTGRES],
        },
      },
      {
        test: {
          ...shared,
          name: 'built',
          include: ['tests/integration/**/*.test.ts'],
          globalSetup: [BUILD, POSTGRES],
        },
      },
      {
        // One at a time: they measure out limits of time on real processes, and need the machine to themselves.
        test: {
          ...shared,
          name: 'chaos',
          include: ['tests/chaos/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          globalSetup: [BUILD],
        },
      },
    ],
  },
})
