import { describe, expect, it } from 'vitest'
import { jobModuleFrom } from '../../../runtime/job/job-module.ts'
import type { BackgroundJobShape, MetaContext } from '../../../runtime/job/job-object.ts'
import { DEFAULT_SETTINGS, listJobs, type Manifest, problemText } from '../../../runtime/manifest/index.ts'
import { withCodeSchedules } from '../../../runtime/workspace/code-schedules.ts'
import { jobWith } from '../../support/job.ts'

type Meta = (this: MetaContext) => unknown

const manifestOf = (...jobs: Manifest['jobs']): Manifest => ({
  workspace: '/w',
  name: null,
  version: null,
  mode: null,
  key: 'webstir.module.jobs',
  jobs,
  problems: [],
  settings: DEFAULT_SETTINGS,
})

/** Reads a manifest whose jobs have these meta functions. */
async function read(manifest: Manifest, metas: Record<string, Meta>) {
  const imported: string[] = []
  const modules = {
    async load(name: string) {
      imported.push(name)
      const object = { run: () => {}, meta: metas[name] } as BackgroundJobShape
      return jobModuleFrom(name, { default: object }, `build/backend/jobs/${name}/index.js`)
    },
  }
  const sources = new Map(Object.keys(metas).map((name) => [name, `src/backend/jobs/${name}/index.ts`]))
  const result = await withCodeSchedules(manifest, modules, sources)
  return { jobs: listJobs(result, 0), problems: result.problems.map(problemText), imported }
}

describe('schedules from meta()', () => {
  it('add to those of the manifest, each a line of its own with its own arguments, and listings tell them apart', async () => {
    const { jobs, problems } = await read(manifestOf(jobWith('sync', ['0 3 * * *'])), {
      sync() {
        this.schedule('*/5 * * * *')
        this.schedule('0 * * * *', 'hourly-cleanup', { deep: true })
      },
    })
    expect(problems).toEqual([])
    expect(jobs[0]?.schedules.map(({ schedule, origin, args }) => [schedule, origin, args])).toEqual([
      ['0 3 * * *', 'manifest', []],
      ['*/5 * * * *', 'code', []],
      ['0 * * * *', 'code', ['hourly-cleanup', { deep: true }]],
    ])
  })

  it("follow the job's zone unless they name another", async () => {
    const job = jobWith('sync', [], { timezone: 'Europe/Berlin' })
    const { jobs } = await read(manifestOf(job), {
      sync() {
        this.schedule('0 0 * * *')
        this.schedule({ expression: '0 0 * * *', timezone: 'Asia/Tokyo' })
      },
    })
    expect(jobs[0]?.schedules.map(({ timezone }) => timezone)).toEqual(['Europe/Berlin', 'Asia/Tokyo'])
  })

  it('import no module of a job that has none', async () => {
    const plain = Array.from({ length: 1000 }, (_, index) => jobWith(`plain${index}`, ['@daily']))
    const { imported } = await read(manifestOf(...plain, jobWith('coded')), {
      coded() {
        this.schedule('@hourly')
      },
    })
    expect(imported).toEqual(['coded'])
  })

  it('fail with the name of the job and of its file, and stop nothing else', async () => {
    const { jobs, problems } = await read(manifestOf(jobWith('broken'), jobWith('good')), {
      broken() {
        throw new Error('REGION is not set')
      },
      good() {
        this.schedule('@hourly')
      },
    })
    expect(problems).toEqual([
      'src/backend/jobs/broken/index.ts (job broken): meta() failed: REGION is not set - until it works, what it declares is unknown',
    ])
    expect(jobs.map(({ name, schedules, problem }) => [name, schedules.length, problem !== null])).toEqual([
      ['broken', 0, true],
      ['good', 1, false],
    ])
  })

  it('that can not be read are shown with why, and the others of the job stay', async () => {
    const { jobs, problems } = await read(manifestOf(jobWith('sync')), {
      sync() {
        this.schedule('61 * * * *')
        this.schedule('@daily')
      },
    })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/index\.ts \(job sync\): meta\(\): "61 \* \* \* \*": minute 61 is out of range.* - /)
    expect(jobs[0]?.schedules.map(({ note }) => note)).toEqual(['invalid', null])
    expect(jobs[0]?.problem).toBeNull()
  })

  it('are refused twice with the same arguments, also where the manifest has the same', async () => {
    const { jobs, problems } = await read(manifestOf(jobWith('sync', ['@daily'])), {
      sync() {
        this.schedule('@daily')
        this.schedule('@hourly', 1)
        this.schedule('@hourly', 1)
        this.schedule('@hourly', 2)
      },
    })
    expect(problems.map((text) => /"(@\w+)" with these arguments is declared already/.exec(text)?.[1])).toEqual([
      '@daily',
      '@hourly',
    ])
    expect(jobs[0]?.schedules.filter(({ problem }) => problem === null)).toHaveLength(3)
  })

  it.each<[string, Meta, RegExp]>([
    ['is async', async () => {}, /meta\(\) is async.* - declare the schedules without await/],
    [
      'gives no text',
      function () {
        this.schedule(5 as never)
      },
      /was given number, not an expression - write this/,
    ],
    [
      'gives what JSON has not',
      function () {
        this.schedule('@daily', new Date(0) as never)
      },
      /argument 1 of "@daily" can't be kept as JSON: it is a Date - /,
    ],
    [
      'gives undefined',
      function () {
        this.schedule('@daily', { a: undefined as never })
      },
      /a is undefined/,
    ],
  ])('are refused when meta %s', async (_, meta, message) => {
    const { problems } = await read(manifestOf(jobWith('sync')), { sync: meta })
    expect(problems.join()).toMatch(message)
  })
})
