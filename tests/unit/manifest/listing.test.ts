// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the manifest's own placeholders
import { describe, expect, it } from 'vitest'
import { listJobs, renderJobList } from '../../../runtime/manifest/index.ts'
import { readManifestText } from '../../../runtime/manifest/parse/parse-manifest.ts'

const NOW = Date.UTC(2026, 0, 15, 10, 30)

const list = async (jobs: readonly unknown[], options: Parameters<typeof listJobs>[2] = {}, env = {}) =>
  listJobs(await readManifestText('/w', JSON.stringify({ webstir: { module: { jobs } } }), env), NOW, options)

describe('the list of jobs, as data', () => {
  it('has the documented keys, and nothing else', async () => {
    const [job] = await list([{ name: 'nightly', schedule: '0 0 * * *', description: 'At night', priority: 5 }])

    expect(job).toEqual({
      name: 'nightly',
      description: 'At night',
      priority: 5,
      queue: 'default',
      enabled: true,
      disabledBy: null,
      schedules: [
        {
          schedule: '0 0 * * *',
          timezone: 'UTC',
          args: [],
          origin: 'manifest',
          kind: 'cron',
          next: '2026-01-16T00:00:00.000Z',
          note: null,
          problem: null,
        },
      ],
      next: '2026-01-16T00:00:00.000Z',
      multiTenant: false,
      codeSchedules: 'known',
      problem: null,
    })
  })

  it('says of a rate that it begins on start, unless its anchor is known', async () => {
    const jobs = [{ name: 'poll', schedule: 'rate(5 minutes)' }]
    const [unanchored] = await list(jobs)
    const manifest = await readManifestText('/w', JSON.stringify({ webstir: { module: { jobs } } }), {})
    const key = manifest.jobs[0]?.schedules[0]?.key ?? ''
    const [anchored] = await list(jobs, { anchors: new Map([[key, NOW - 60_000]]) })

    expect(unanchored?.schedules[0]).toMatchObject({ next: null, note: 'on start, then every 5 minutes' })
    expect(anchored?.schedules[0]).toMatchObject({ next: '2026-01-15T10:34:00.000Z', note: null })
  })

  it('has what never fires, with the reason', async () => {
    const jobs = await list([
      { name: 'boot', schedule: '@reboot' },
      { name: 'past', schedule: 'at(2020-01-01T00:00:00)' },
      { name: 'off', schedule: '@daily', enabled: false },
      { name: 'broken', schedule: '99 * * * *' },
    ])

    expect(jobs.map(({ next, schedules }) => [next, schedules[0]?.note])).toEqual([
      [null, 'on start'],
      [null, 'never again'],
      [null, 'disabled'],
      [null, 'invalid'],
    ])
  })

  it('shows the text as written, and adds words where they are asked for', async () => {
    const env = { CRON: '0 9 * * *', WHO: 'Ada' }
    const [job] = await list([{ name: 'a', schedule: '${CRON}', description: 'For ${WHO}' }], { words: true }, env)

    expect(job).toMatchObject({
      description: 'For ${WHO}',
      schedules: [{ schedule: '${CRON}', words: expect.stringContaining('09:00') }],
    })
  })

  it('ends with the jobs that could not be read', async () => {
    const jobs = await list([{ name: 'bad', overlap: 'never' }, { name: 'good' }])

    expect(jobs.map(({ name }) => name)).toEqual(['good', 'bad'])
    expect(jobs[1]).toMatchObject({ enabled: false, schedules: [], problem: expect.stringContaining('overlap') })
  })
})

describe('the list of jobs, for people', () => {
  it('has a row for each schedule, aligned, and says below what is wrong', async () => {
    const jobs = await list([
      { name: 'nightly', schedule: '0 0 * * *', description: 'Nachts 夜 maintenance', priority: 'high' },
      { name: 'multi', schedule: [{ schedule: '0 9 * * *', timezone: 'Europe/Berlin' }, '99 * * * *'] },
      { name: 'manual', description: 'Two\nlines' },
      { name: 'off', schedule: '@daily', enabled: false },
    ])

    expect(renderJobList(jobs, NOW)).toMatchInlineSnapshot(`
      "Name     Schedule                   Next run                                     Priority  Description
      nightly  0 0 * * *                  in 13 h (2026-01-16 00:00 UTC)               high      Nachts 夜 maintenance
      multi    0 9 * * * (Europe/Berlin)  in 21 h (2026-01-16 08:00 UTC)               -
      multi    99 * * * *                 invalid                                      -
      manual   -                          on request                                   -         Two lines
      off      @daily                     disabled ("enabled": false in package.json)  -

      invalid  multi: "99 * * * *": minute 99 is out of range 0-59 (use 0 to 59)
      "
    `)
  })

  it('has a separate row for schedules in code that are not known yet', async () => {
    const unknownInCode = new Set(['nightly', 'new', 'off'])
    const given = [{ name: 'nightly', schedule: '0 0 * * *' }, { name: 'new' }, { name: 'off', enabled: false }]
    const jobs = await list(given, { unknownInCode })

    expect(jobs.map(({ codeSchedules }) => codeSchedules)).toEqual(['unknown', 'unknown', 'unknown'])
    expect(renderJobList(jobs, NOW)).toMatchInlineSnapshot(`
      "Name     Schedule   Next run                                     Priority  Description
      nightly  0 0 * * *  in 13 h (2026-01-16 00:00 UTC)               -
      nightly  ? [code]   unknown until a build                        -
      new      ? [code]   unknown until a build                        -
      off      ? [code]   disabled ("enabled": false in package.json)  -
      "
    `)
  })

  it('says how to begin where there are none', async () => {
    expect(renderJobList([], NOW)).toContain('webstir add-job')
  })
})

describe('secrets among arguments', () => {
  it('are redacted, those that the workspace names too, and the rest is shown', async () => {
    const args = [{ token: 'abc', deep: { card: '4711', shop: 'north' } }, '--full']
    const schedule = ['@daily', { schedule: '@hourly', args: [{ password: 'x' }] }]
    const webstir = { module: { jobs: [{ name: 'pay', schedule, args }] }, scheduler: { redact: ['*.card'] } }

    const [job] = listJobs(await readManifestText('/w', JSON.stringify({ webstir }), {}), NOW)

    expect(job?.schedules.map((listed) => listed.args)).toEqual([
      [{ token: '[Redacted]', deep: { card: '[Redacted]', shop: 'north' } }, '--full'],
      [{ password: '[Redacted]' }],
    ])
  })
})
