import type { Reporter, TestModule } from 'vitest/node'

/**
 * Fails a run in which a test was skipped, and names those tests: on a machine that is said to have everything that
 * tests need, as CI is (`FAIL_ON_SKIP=1`), a skip means that a tool is missing.
 */
export class NoSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')])
    for (const test of skipped) console.error(`skipped: ${test.module.moduleId}: ${test.fullName}`)
    if (skipped.length > 0) process.exitCode = 1
  }
}
