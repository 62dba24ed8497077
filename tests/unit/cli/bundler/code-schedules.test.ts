import { expect, it } from 'vitest'
import { metaSearch } from '../../../../cli/bundler/code-schedules.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

const SOURCE = 'src/backend/jobs/a/index.ts'

const mayHaveMeta = (text: string, files: Record<string, string> = {}): boolean =>
  metaSearch(makeWorkspace({ files: { ...files, [SOURCE]: text } }).root)(SOURCE)

it.each([
  ['an object', `export default {\n  meta() {\n    this.schedule('*/5 * * * *')\n  },\n  run() {},\n}`],
  ['an object after a comment in its line', 'export default {\n  /* when */ meta() {}, run() {} }'],
  ['a constant', `const job = { meta: () => {}, run() {} }\nexport default job`],
  ['a shorthand', `import { meta, run } from './parts.ts'\nexport default { meta, run }`],
  ['a property that is set', `const job = { run() {} }\njob.meta = function () {}\nexport { job as default }`],
  ['an export of its own', `export const run = () => {}\nexport function meta() {}`],
  ['an export by another name', `export const run = () => {}\nfunction when() {}\nexport { when as meta }`],
  ['an export that is taken out of an object', `export const { run, meta } = make()`],
  ['CommonJS', `module.exports = { meta() {}, run() {} }`],
  ['an object of a package', `import { base } from 'job-kit'\nexport default { ...base, run() {} }`],
  ['an object that a package makes', `import make from '@company/jobs'\nexport default make('a')`],
  ['what a package exports', `export { default } from 'job-kit'`],
])('%s with meta is found', (_, text) => {
  expect(mayHaveMeta(text)).toBe(true)
})

it.each([
  ['a plain function', `export async function run(ctx) {}`],
  ['a function that reads properties', `export const run = ({ log }) => log.info(import.meta.url, reply.meta)`],
  ['a function with such a variable', `export async function run() {\n  const meta = await load()\n}`],
  ['an object without', `import { defineJob } from 'webstir-jobs'\nexport default defineJob({ run() {} })`],
  [
    'an object with the word inside of others',
    `export default { metadata: 1, run() { use(page.meta, '<meta name="a">') } }`,
  ],
  [
    'a comment',
    `// Its schedule is in package.json, not in meta().\nexport default {\n  /** No meta(). */\n  run() {},\n}`,
  ],
  ['an object that uses a package', `import _ from 'lodash'\nexport default { run: () => _.noop() }`],
  ['a type', `import type { meta } from './types.ts'\nexport default { run() {} }`],
])('%s has none', (_, text) => {
  expect(mayHaveMeta(text, { 'src/backend/jobs/a/types.ts': 'export type meta = string' })).toBe(false)
})

it.each([
  [`export { default } from '../../lib/job.js'`, 'src/backend/lib/job.ts'],
  [`export * from '../../lib/job'`, 'src/backend/lib/job/index.js'],
  [`import { job } from '../../lib/job.ts'\nexport default job`, 'src/backend/lib/job.ts'],
])('%s is followed', (text, path) => {
  expect(mayHaveMeta(text, { [path]: 'export const job = { meta() {}, run() {} }' })).toBe(true)
  expect(mayHaveMeta(text, { [path]: 'export const job = { run() {} }' })).toBe(false)
})

it('goes round no circle, and takes a file that is not there for one without', () => {
  const circle = { 'src/backend/lib.ts': `import './jobs/a/index.ts'\nimport './gone.ts'` }
  expect(mayHaveMeta(`import '../../lib.ts'\nexport default { run() {} }`, circle)).toBe(false)
  expect(metaSearch(makeWorkspace().root)(SOURCE)).toBe(false)
})
