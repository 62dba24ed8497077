import { defineConfig } from 'vitest/config'

const shared = { testTimeout: 60_000, hookTimeout: 120_000, exclude: ['**/node_modules/**'] }
/** One PostgreSQL for the whole run; each file that needs it makes a database of its own there. */
const POSTGRES = 'tests/support/postgres-setup.ts'
const BUILD = 'tests/support/global-setup.ts'

export default defineConfig({
  test: {
    // Most tests wait for processes of their own: more files at once than cores.
    maxWorkers: 3,
    projects: [
      {
        test: {
          ...shared,
          name: 'source',
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
