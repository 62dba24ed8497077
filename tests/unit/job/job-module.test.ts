import { describe, expect, it } from 'vitest'
import type { JobContext } from '../../../runtime/job/job-context.ts'
import { COMMON_JS_MARK, jobModuleFrom } from '../../../runtime/job/job-module.ts'

const read = (exports: Record<string, unknown>) => () => jobModuleFrom('nightly', exports, 'jobs/nightly/index.js')
const run = (): void => {}

describe('the form of a job module', () => {
  it.each([
    ['a function export', { run }],
    ['a default function', { default: run }],
    ['a default object', { default: { run } }],
  ])('may be %s', (_, exports) => {
    expect(read(exports)().run).toBeTypeOf('function')
  })

  it('may be that of CommonJS, compiled from a module with exports: its run is given the context', () => {
    const given: unknown[] = []
    const compiled = { __esModule: true, run: (context: unknown) => given.push(context), multiTenant: true }
    const context: JobContext = Object.create(null)
    const module = read({ default: compiled })()
    module.run(context)
    expect({ given, multiTenant: module.multiTenant }).toEqual({ given: [context], multiTenant: true })
  })

  it.each([
    ['exports of CommonJS, whose run is given the context', {}, 'context'],
    ['an object of CommonJS that declares schedules, whose run is given its arguments', { meta() {} }, 'argument'],
  ])('may be %s', (_, parts, first) => {
    const given: unknown[] = []
    const module = read({ default: { ...parts, run: (value: unknown) => given.push(value) }, [COMMON_JS_MARK]: true })()
    const context: JobContext = Object.assign(Object.create(null), { args: ['argument'] })
    module.run(context)
    expect(given).toEqual([first === 'context' ? context : 'argument'])
  })

  it('may not be both', () => {
    expect(read({ run, default: { run } })).toThrow(
      expect.objectContaining({
        code: 'JOB_MODULE_AMBIGUOUS',
        message: expect.stringContaining('both run() and a default object'),
        hint: expect.stringContaining('keep one of the two'),
      }),
    )
  })

  it.each([
    [{ run: 5 }, 'run of jobs/nightly/index.js is a number, not a function'],
    [{ default: { run: 'later' } }, 'run of the default object of jobs/nightly/index.js is a string, not a function'],
    [{ default: { batchSize: 1 } }, 'the default object of jobs/nightly/index.js has no run function'],
    [{}, 'jobs/nightly/index.js has no run function'],
    [{ handler: run }, 'jobs/nightly/index.js has no run function'],
  ])('needs a run that is a function: %o', (exports, message) => {
    expect(read(exports)).toThrow(
      expect.objectContaining({
        code: 'JOB_MODULE_WITHOUT_RUN',
        message: `job "nightly": ${message}`,
        hint: expect.stringContaining('run'),
      }),
    )
  })

  it.each([
    [{ default: { run, meta: '* * * * *' } }, 'meta of the default object'],
    [{ default: { run, tenantsFilter: { active: true } } }, 'tenantsFilter of the default object'],
    [{ default: { run, multiTenant: 'yes' } }, 'multiTenant of the default object'],
    [{ run, preCheck: true }, 'preCheck of jobs'],
  ])('refuses parts of the wrong kind: %o', (exports, message) => {
    expect(read(exports)).toThrow(
      expect.objectContaining({ code: 'JOB_MODULE_SHAPE', message: expect.stringContaining(message) }),
    )
  })

  it('takes meta, multiTenant and tenantsFilter beside a function, too', () => {
    const module = read({
      run,
      multiTenant: true,
      tenantsFilter: () => [],
      meta(this: { schedule(text: string): void }) {
        this.schedule('@daily')
      },
    })()
    expect(module).toMatchObject({ multiTenant: true, filter: expect.any(Function) })
    expect(module.schedules()).toEqual([{ expression: '@daily', timezone: undefined, args: [] }])
  })
})
