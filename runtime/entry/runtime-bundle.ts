// What the runtime's files share, gathered for the package's build: it becomes one file, as every further file costs
// a start about a millisecond (`npm run bench -- startup`). Nothing imports this by hand.

export * from '../index.ts'
export * from '../job/job-module.ts'
export * from '../workspace/code-schedules.ts'
export { watch } from './watch.ts'
