// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the manifest's own placeholders
import { describe, expect, it } from 'vitest'
import { ManifestError, type ManifestProblem, problemText } from '../../../../runtime/manifest/index.ts'
import { readManifest, readManifestText } from '../../../../runtime/manifest/parse/parse-manifest.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

const HERE = '/workspace'

function read(webstir: object, env: Record<string, string> = {}) {
  return readManifestText(HERE, JSON.stringify({ name: 'shop', version: '1.2.3', webstir }), env)
}
const readJobs = (jobs: readonly unknown[], env: Record<string, string> = {}) => read({ module: { jobs } }, env)

const told = (problems: readonly ManifestProblem[]) => problems.map(({ code, path }) => `${code} ${path}`)

describe('a manifest that is right', () => {
  it('has every default filled in', async () => {
    const { jobs, problems, settings, key } = await readJobs([{ name: 'cleanup' }])

    expect(problems).toEqual([])
    expect(key).toBe('webstir.module.jobs')
    expect(jobs[0]).toMatchObject({
      name: 'cleanup',
      schedules: [],
      priority: 0,
      timezone: 'UTC',
      args: [],
      enabled: true,
      overlap: 'skip',
      catchUp: 'latest',
      catchUpWindow: 86_400_000,
      timeout: 900_000,
      retry: { attempts: 1, delay: 10_000, backoff: 'exponential', maxDelay: 600_000 },
      recover: 3,
      jitter: 0,
      after: [],
      isolation: 'inline',
    })
    expect(settings).toEqual({
      timezone: 'UTC',
      concurrency: 10,
      staleAfter: 30_000,
      history: { keep: 30 * 86_400_000, maxPerJob: 10_000 },
      redact: [],
      hooks: undefined,
    })
  })

  it('gives each schedule its own zone and arguments, or those of its job, or those of the workspace', async () => {
    const schedule = ['@daily', { schedule: '@hourly', timezone: 'Asia/Tokyo' }, { schedule: '@weekly', args: [2] }]
    const { jobs } = await read({
      module: {
        jobs: [
          { name: 'a', schedule, args: [1] },
          { name: 'b', schedule: '@daily', timezone: 'Asia/Kathmandu' },
        ],
      },
      scheduler: { timezone: 'Europe/Berlin' },
    })

    const shown = jobs.map((job) => job.schedules.map(({ text, timezone, args }) => [text, timezone, ...args]))
    expect(shown).toEqual([
      [
        ['@daily', 'Europe/Berlin', 1],
        ['@hourly', 'Asia/Tokyo', 1],
        ['@weekly', 'Europe/Berlin', 2],
      ],
      [['@daily', 'Asia/Kathmandu']],
    ])
  })

  it.each([
    [5, 5],
    ['critical', 20],
    ['HIGH', 10],
    ['normal', 0],
    ['low', -10],
    ['whenever', 0],
    ['constructor', 0],
    [-3.5, -3.5],
  ])('counts the priority %j as %d and keeps it as written', async (priority, counts) => {
    const { jobs } = await readJobs([{ name: 'a', priority }])

    expect(jobs[0]).toMatchObject({ priority: counts, priorityLabel: priority })
  })

  it('is read from the older key where only that one is there', async () => {
    const manifest = await read({ moduleManifest: { name: 'old', version: '0.9.0', jobs: [{ name: 'a' }] } })

    expect(manifest).toMatchObject({ key: 'webstir.moduleManifest.jobs', name: 'old', version: '0.9.0' })
    expect(manifest.jobs).toHaveLength(1)
  })

  it('is read from the newer key where both are there, and says that the older one is not', async () => {
    const manifest = await read({ module: { jobs: [] }, moduleManifest: { jobs: [{ name: 'a' }] } })

    expect(manifest.key).toBe('webstir.module.jobs')
    expect(told(manifest.problems)).toEqual(['IGNORED_JOBS webstir.moduleManifest.jobs'])
  })

  it('may begin with a byte order mark', async () => {
    await expect(readManifestText(HERE, '\ufeff{"webstir":{}}', {})).resolves.toMatchObject({ jobs: [] })
  })
})

describe('the environment', () => {
  it('fills in texts at any depth, with defaults for what is unset or empty, and listings keep what is written', async () => {
    const job = {
      name: 'report',
      schedule: ['${CRON}', { schedule: '@daily', timezone: '${ZONE:-Asia/Tokyo}', args: ['${WHO}'] }],
      description: 'For ${WHO:-nobody} $${WHO}',
      args: [{ deep: ['${WHO}', 1] }],
      priority: '${PRIORITY:-7}',
    }
    const { jobs, problems } = await readJobs([job], { CRON: '0 1 * * *', WHO: 'Ada', ZONE: '' })

    expect(problems).toEqual([])
    expect(jobs[0]).toMatchObject({
      description: 'For Ada ${WHO}',
      args: [{ deep: ['Ada', 1] }],
      priority: 7,
      written: { description: job.description, args: job.args },
      schedules: [
        { text: '${CRON}', expression: '0 1 * * *', problem: null },
        { timezone: 'Asia/Tokyo', args: ['Ada'], written: { timezone: '${ZONE:-Asia/Tokyo}', args: ['${WHO}'] } },
      ],
    })
  })

  it('does not change the key of a schedule', async () => {
    const job = { name: 'a', schedule: '${CRON}', args: ['${WHO}'], timezone: '${ZONE}' }
    const one = await readJobs([job], { CRON: '@daily', WHO: 'Ada', ZONE: 'UTC' })
    const two = await readJobs([job], { CRON: '@hourly', WHO: 'Bob', ZONE: 'Asia/Tokyo' })

    expect(one.jobs[0]?.schedules[0]?.key).toBe(two.jobs[0]?.schedules[0]?.key)
  })

  it('that lacks a variable makes a schedule invalid and names the variable, and the other schedules stay', async () => {
    const { jobs, problems } = await readJobs([{ name: 'a', schedule: ['${CRON}', '@daily'] }])

    expect(told(problems)).toEqual(['UNSET_VARIABLE webstir.module.jobs[0].schedule[0]'])
    expect(problems[0]?.message).toContain('CRON')
    expect(jobs[0]?.schedules.map(({ problem }) => problem === null)).toEqual([false, true])
  })

  it('that lacks a variable elsewhere makes the job unusable', async () => {
    const { jobs, problems } = await readJobs([{ name: 'a', args: ['${TOKEN}'] }, { name: 'b' }])

    expect(told(problems)).toEqual(['UNSET_VARIABLE webstir.module.jobs[0].args'])
    expect(jobs.map(({ name }) => name)).toEqual(['b'])
  })

  it('is never looked at for a name', async () => {
    const { problems } = await readJobs([{ name: '${NAME}' }], { NAME: 'a' })

    expect(told(problems)).toEqual(['INVALID_NAME webstir.module.jobs[0].name'])
  })

  it('takes a value of NAME_ENABLED that is neither true nor false for an error, and does not run the job', async () => {
    const { jobs, problems } = await readJobs([{ name: 'a' }, { name: 'b' }], {
      A_ENABLED: ' maybe ',
      B_ENABLED: 'Yes',
    })
    expect(jobs.map(({ name, disabledBy }) => [name, disabledBy])).toEqual([
      ['a', 'A_ENABLED=maybe, which is neither true nor false'],
      ['b', null],
    ])
    expect(problems).toMatchObject([{ severity: 'error', job: 'a', path: 'the environment' }])
    expect(problems.map(problemText)[0]).toBe(
      'the environment (job a): A_ENABLED is "maybe", which is neither true nor false - set it to true or false, or unset it; until then the job is disabled',
    )
  })

  it.each(['false', 'FALSE', '0', 'no', 'off'])('turns a job off with NAME_ENABLED=%s', async (value) => {
    const { jobs } = await readJobs([{ name: 'send-newsletter' }], { SEND_NEWSLETTER_ENABLED: value })

    expect(jobs[0]).toMatchObject({ enabled: false, disabledBy: `SEND_NEWSLETTER_ENABLED=${value}` })
  })

  it("can't turn on what the manifest turned off", async () => {
    const { jobs } = await readJobs([{ name: 'a', enabled: false }], { A_ENABLED: 'true' })

    expect(jobs[0]).toMatchObject({ enabled: false, disabledBy: '"enabled": false in package.json' })
  })
})

describe('what is wrong with one job', () => {
  it.each([
    [{ overlap: 'skp' }, 'overlap', 'did you mean "skip"?'],
    [{ catchUp: 1 }, 'catchUp', undefined],
    [{ timeout: 15 }, 'timeout', undefined],
    [{ timeout: 'soon' }, 'timeout', undefined],
    [{ timeout: '9999999999999d' }, 'timeout', undefined],
    [{ enabled: 'yes' }, 'enabled', undefined],
    [{ args: { deep: true } }, 'args', undefined],
    [{ recover: -1 }, 'recover', undefined],
    [{ retry: { attempts: 0 } }, 'retry.attempts', undefined],
    [{ retry: 3 }, 'retry', undefined],
    [{ priority: null }, 'priority', undefined],
    [{ timezone: 'Europe/Berln' }, 'timezone', 'did you mean Europe/Berlin?'],
    [{ after: 'b' }, 'after', undefined],
  ])('takes it out, names the place, and leaves the others: %j', async (wrong, path, hint) => {
    const { jobs, problems } = await readJobs([{ name: 'good' }, { name: 'bad', ...wrong }])

    expect(jobs.map(({ name }) => name)).toEqual(['good'])
    expect(told(problems)).toEqual([`INVALID_VALUE webstir.module.jobs[1].${path}`])
    expect(problems[0]).toMatchObject({ severity: 'error', job: 'bad', hint })
    expect(problems[0]?.message).toMatch(/must be|is not a time zone|is longer than can be counted/)
  })

  it('keeps it where only a schedule is unreadable, which then never fires', async () => {
    const { jobs, problems } = await readJobs([{ name: 'a', schedule: ['60 * * * *', '@daily', 5] }])

    expect(told(problems)).toEqual([
      'SCHEDULE webstir.module.jobs[0].schedule[0]',
      'SCHEDULE webstir.module.jobs[0].schedule[2]',
    ])
    expect(jobs[0]?.schedules.map(({ problem }) => problem === null)).toEqual([false, true, false])
    expect(problems[0]?.message).toContain('minute 60 is out of range 0-59')
  })

  it.each([[7], [{ name: 7 }], [{}], [null], [{ name: '../x' }], [{ name: 'CON' }]])(
    'may be its name: %j',
    async (entry) => {
      const { jobs, problems } = await readJobs([entry, { name: 'good' }])

      expect(jobs.map(({ name }) => name)).toEqual(['good'])
      expect(problems).toHaveLength(1)
    },
  )

  it.each([
    ['nightly', 'nightly'],
    ['my-cleanup-task', 'my_cleanup_task'],
    ['Nightly', 'nightly'],
  ])('may be that there are two of one name: %s and %s; the first counts', async (first, second) => {
    const { jobs, problems } = await readJobs([{ name: first }, { name: second, schedule: '@daily' }])

    expect(jobs.map(({ name }) => name)).toEqual([first])
    expect(told(problems)).toEqual(['DUPLICATE_NAME webstir.module.jobs[1].name'])
  })

  it('may be two equal schedules, of which one fires', async () => {
    const { jobs, problems } = await readJobs([{ name: 'a', schedule: ['@daily', { schedule: '@daily', args: [] }] }])

    expect(told(problems)).toEqual(['DUPLICATE_SCHEDULE webstir.module.jobs[0].schedule[1]'])
    expect(jobs[0]?.schedules.map(({ problem }) => problem === null)).toEqual([true, false])
  })

  it('may be unknown keys, with a warning at every level', async () => {
    const { jobs, problems } = await readJobs([
      { name: 'a', schedual: '@daily', retry: { atempts: 2 }, schedule: [{ schedule: '@daily', zone: 'UTC' }] },
    ])

    expect(jobs).toHaveLength(1)
    expect(problems.map(({ severity, path, hint }) => [severity, path, hint])).toEqual([
      ['warning', 'webstir.module.jobs[0].schedual', 'did you mean "schedule"?'],
      ['warning', 'webstir.module.jobs[0].retry.atempts', 'did you mean "attempts"?'],
      ['warning', 'webstir.module.jobs[0].schedule[0].zone', undefined],
    ])
  })
})

describe('waiting for other jobs', () => {
  it('finds them by any spelling of their name', async () => {
    const { jobs, problems } = await readJobs([{ name: 'load_data' }, { name: 'report', after: ['Load-Data'] }])

    expect(problems).toEqual([])
    expect(jobs[1]?.after).toEqual(['load_data'])
  })

  it('is refused for a job that does not exist', async () => {
    const { jobs, problems } = await readJobs([{ name: 'load' }, { name: 'report', after: ['lod'] }])

    expect(jobs.map(({ name }) => name)).toEqual(['load'])
    expect(problems[0]).toMatchObject({
      code: 'UNKNOWN_JOB',
      path: 'webstir.module.jobs[1].after[0]',
      hint: 'did you mean "load"?',
    })
  })

  it('is refused where it goes round in a circle, of any length; who only waits for the circle stays', async () => {
    const { jobs, problems } = await readJobs([
      { name: 'self', after: ['self'] },
      { name: 'a', after: ['b'] },
      { name: 'b', after: ['c'] },
      { name: 'c', after: ['a'] },
      { name: 'outside', after: ['a'] },
    ])

    expect(jobs.map(({ name }) => name)).toEqual(['outside'])
    expect(problems.map(({ message }) => message)).toEqual([
      'depends on itself: self -> self',
      'depends on itself: a -> b -> c -> a',
      'depends on itself: b -> c -> a -> b',
      'depends on itself: c -> a -> b -> c',
    ])
  })
})

describe("the scheduler's settings", () => {
  it('fall back to their defaults where they are wrong, and say so', async () => {
    const { settings, problems } = await read({
      scheduler: { concurrency: 0, staleAfter: '10ms', history: { keep: 'ever' }, concurency: 3 },
    })

    expect(settings).toMatchObject({ concurrency: 10, staleAfter: 1000, history: { keep: 30 * 86_400_000 } })
    expect(told(problems)).toEqual([
      'UNKNOWN_KEY webstir.scheduler.concurency',
      'INVALID_VALUE webstir.scheduler.concurrency',
      'INVALID_VALUE webstir.scheduler.history.keep',
      'INVALID_VALUE webstir.scheduler.staleAfter',
    ])
  })
})

describe('what is wrong with the whole', () => {
  it('is said with line and column where it is no JSON', async () => {
    const { root } = makeWorkspace({ packageJson: '{\n  "name": "x",\n  "webstir": { oops }\n}\n' })

    await expect(readManifest(root, {})).rejects.toThrow(/package\.json:3:16: broken JSON/)
    await expect(readManifest(root, {})).rejects.toBeInstanceOf(ManifestError)
  })

  it('is a missing package.json', async () => {
    const { root } = makeWorkspace({ packageJson: null })

    await expect(readManifest(root, {})).rejects.toMatchObject({ code: 'MANIFEST_MISSING' })
  })

  it.each([
    ['{}', 'MANIFEST_NO_WORKSPACE'],
    ['[]', 'MANIFEST_SHAPE'],
    ['{"webstir":true}', 'MANIFEST_SHAPE'],
    ['{"webstir":{"module":[]}}', 'MANIFEST_SHAPE'],
    ['{"webstir":{"module":{"jobs":{}}}}', 'MANIFEST_SHAPE'],
    ['{"webstir":{"moduleManifest":{"jobs":"all"}}}', 'MANIFEST_SHAPE'],
    ['', 'MANIFEST_JSON'],
    ['{"webstir":{}}}', 'MANIFEST_JSON'],
  ])('is %s', async (text, code) => {
    await expect(readManifestText(HERE, text, {})).rejects.toMatchObject({ code })
  })
})

describe('a time limit of nothing', () => {
  it('is refused: every attempt would fail at once', async () => {
    const { jobs, problems } = await readJobs([{ name: 'a', timeout: '0s' }])

    expect(jobs).toEqual([])
    expect(problems).toMatchObject([
      { severity: 'error', path: 'webstir.module.jobs[0].timeout', message: 'must be at least 1ms, and is "0s"' },
    ])
  })
})
