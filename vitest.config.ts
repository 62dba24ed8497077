import { defineConfig } from 'vitest/config'

const shared = { testTimeout: 60_000, hookTimeout: 120_000, exclude: ['**/node_modules/**', 'tests/fixtures/**'] }

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'source', include: ['tests/unit/**/*.test.ts', 'tests/conformance/**/*.test.ts'] } },
      {
        test: {
          ...shared,
          name: 'built',
          include: ['tests/integration/**/*.test.ts', 'tests/chaos/**/*.test.ts'],
          globalSetup: ['tests/support/global-setup.ts'],
        },
      },
    ],
  },
})
