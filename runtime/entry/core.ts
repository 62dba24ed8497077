// What the runtime's files share, gathered for the package's build: it becomes one file, as every further file costs
// a start about a millisecond. Nothing imports this by hand.
export * from '../execution/built-modules.ts'
export * from '../execution/code-schedules.ts'
export * from '../index.ts'
export { watch } from './watch.ts'
