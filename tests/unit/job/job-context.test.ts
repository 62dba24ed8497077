import { beforeEach, describe, expect, it } from 'vitest'
import { JobHandle } from '../../../runtime/job/enqueue.ts'
import { type ContextSource, inlineContext, type JobContext } from '../../../runtime/job/job-context.ts'
import { openLog } from '../../../runtime/logging/logger.ts'
import type { Execution } from '../../../runtime/store/execution.ts'
import { runningRow } from '../../../runtime/store/rules/new-execution.ts'

const log = openLog({ level: 'silent', destination: { write: () => {} } }).root
const controller = new AbortController()
const database = { query: async () => [], execute: async () => ({ changes: 0 }), close: () => {} }
const EXECUTION: Execution = runningRow(
  {
    job: 'nightly',
    scheduleKey: 'key',
    scheduledFor: 1_800_000_000_000,
    tenant: '',
    trigger: 'schedule',
    priority: 0,
    args: [{ deep: [1] }],
    maxAttempts: 1,
    recoverLimit: 3,
    overlap: 'skip',
    availableAt: 1_800_000_000_000,
    after: [],
    skip: null,
    count: 1,
  },
  'node',
  1_800_000_000_000,
)

let asked: string[]
let context: JobContext

beforeEach(() => {
  asked = []
  const note = <Value>(what: string, value: Value): Value => {
    asked.push(what)
    return value
  }
  const source: ContextSource = {
    env: {},
    get signal() {
      return note('signal', controller.signal)
    },
    log: () => note('log', log),
    database: () => note('database', database),
    progress: (percent, message) => void asked.push(`progress ${percent} ${message}`),
    handOver: async () => new JobHandle({ id: 'x', enqueued: true }, async () => undefined),
    callOther: async (name, args) => void asked.push(`${name}(${args.join()})`),
  }
  context = inlineContext(EXECUTION, source)
})

describe('the context of a job', () => {
  it('makes log, signal and database only when they are asked for', () => {
    expect(context).toMatchObject({ job: 'nightly', attempt: 1, tenant: undefined })
    expect(Object.keys(context)).toEqual(expect.arrayContaining(['log', 'signal', 'database']))
    expect(asked).toEqual([])
    expect([context.log, context.signal, context.database]).toEqual([log, controller.signal, database])
    expect(asked).toEqual(['log', 'signal', 'database'])
  })

  it('is whole in a copy', () => {
    const copy = { ...context }
    expect(copy.log).toBe(log)
    expect(copy.signal).toBe(controller.signal)
    expect(copy.database).toBe(database)
    expect(copy.executionId).toBe(EXECUTION.id)
  })

  it('has getters that stay getters where its properties are taken over', () => {
    const target: { log?: unknown } = Object.defineProperties({}, Object.getOwnPropertyDescriptors(context))
    expect(asked).toEqual([])
    expect(target.log).toBe(log)
  })

  it('can be taken apart', async () => {
    const { progress, runBackgroundJob } = context
    progress(50)
    progress(75, 'nearly')
    await runBackgroundJob('other', 1, 2)
    expect(asked).toEqual(['progress 50 null', 'progress 75 nearly', 'other(1,2)'])
  })

  it('lends a test its properties to replace, and can be frozen', () => {
    Object.defineProperty(context, 'database', { value: 'mine' })
    expect(context.database).toBe('mine')
    expect(Object.keys(Object.freeze(context)).filter((key) => key === 'log')).toEqual(['log'])
    expect(context.log).toBe(log)
  })

  it('has arguments of its own', () => {
    expect(context.args).toEqual(EXECUTION.args)
    expect(context.args[0]).not.toBe(EXECUTION.args[0])
  })
})
