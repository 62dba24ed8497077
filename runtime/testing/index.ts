/** `webstir-jobs/testing`: run jobs in a test, on a clock that the test moves. */
export type { ExecutionRecord } from '../operations/executions.ts'
export { TestClock } from './test-clock.ts'
export {
  createTestScheduler,
  type FakeDatabase,
  type TestScheduler,
  type TestSchedulerOptions,
} from './test-scheduler.ts'
