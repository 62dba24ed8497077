import { chmodSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type AddedJob, addJob } from '../../../../cli/commands/add-job.ts'
import { keepOutput } from '../../../support/output.ts'
import { makeWorkspace, type Workspace } from '../../../support/workspace.ts'

type Options = Omit<Parameters<typeof addJob>[0], 'workspace'>
const add = (workspace: Workspace, options: Options): Promise<AddedJob> =>
  addJob({ ...options, workspace: workspace.root }, keepOutput())
const entries = (workspace: Workspace): unknown => JSON.parse(workspace.read('package.json')).webstir.module.jobs

/** Runs `work` and expects that it is refused, and that nothing in the workspace has changed. */
async function expectRefusal(
  workspace: Workspace,
  work: () => Promise<unknown>,
  message: string | RegExp,
): Promise<void> {
  const before = snapshot(workspace)
  await expect(work()).rejects.toThrow(message)
  expect(snapshot(workspace)).toEqual(before)
}

function snapshot({ root, read }: Workspace): unknown {
  return { files: readdirSync(root, { recursive: true }).sort(), packageJson: read('package.json') }
}

describe('add-job', () => {
  it('writes the entry with exactly the keys that were given, and a typed source file', async () => {
    const workspace = makeWorkspace()
    await add(workspace, { name: 'cleanup' })
    await add(workspace, {
      name: 'nightly',
      schedule: ' 0  0 * * MON ',
      description: 'Nightly “maintenance”',
      priority: '5',
      timezone: 'Europe/Berlin',
    })
    expect(entries(workspace)).toEqual([
      { name: 'cleanup' },
      {
        name: 'nightly',
        schedule: ' 0  0 * * MON ',
        description: 'Nightly “maintenance”',
        priority: 5,
        timezone: 'Europe/Berlin',
      },
    ])
    const source = workspace.read('src/backend/jobs/cleanup/index.ts')
    expect(source).toContain("import type { JobContext } from 'webstir-jobs'")
    expect(source).toContain('export async function run(ctx: JobContext): Promise<void>')
    expect(readdirSync(workspace.root).sort()).toEqual(['package.json', 'src'])
  })

  it('writes several schedules as an array, and policies in the notation of the manifest', async () => {
    const workspace = makeWorkspace()
    const added = await add(workspace, {
      name: 'sync',
      schedule: ['0 6 * * *', '0 18 * * *'],
      args: '{"full": true}',
      overlap: 'queue',
      timeout: '90s',
      retry: 3,
    })
    expect(entries(workspace)).toEqual([
      {
        name: 'sync',
        schedule: ['0 6 * * *', '0 18 * * *'],
        args: [{ full: true }],
        overlap: 'queue',
        timeout: '90s',
        retry: { attempts: 3 },
      },
    ])
    expect(added.schedules.map(({ words }) => words)).toEqual(['at 06:00 every day', 'at 18:00 every day'])
    expect(added.schedule).toEqual(added.schedules[0])
  })

  it('says nothing of what other services make of a rate', async () => {
    const { warnings } = await add(makeWorkspace(), { name: 'poll', schedule: 'rate(30 seconds)' })
    expect(warnings.join()).not.toContain('AWS')
  })

  it.each([
    ['5', 5],
    ['-10', -10],
    ['0.5', 0.5],
    ['high', 'high'],
    ['5th', '5th'],
    ['Infinity', 'Infinity'],
  ])('takes the priority %j for %j', async (given, kept) => {
    const workspace = makeWorkspace()
    await add(workspace, { name: 'x', priority: given })
    expect(entries(workspace)).toEqual([{ name: 'x', priority: kept }])
  })

  it('says what it changed, the schedule in words and its next three fires', async () => {
    const io = keepOutput()
    const workspace = makeWorkspace()
    const added = await addJob(
      { name: 'n', schedule: '30 4 * * *', timezone: 'Asia/Kathmandu', workspace: workspace.root },
      io,
    )
    const text = io.printed.join('\n')
    expect(text).toContain('src/backend/jobs/n/index.ts')
    expect(text).toContain('webstir.module.jobs[0]')
    expect(text).toContain('Schedule  at 04:30 every day (Asia/Kathmandu)')
    expect(text.match(/04:30 \+05:45 \(Asia\/Kathmandu\), in \d+ (?:h|min|d)/g)).toHaveLength(3)
    expect(added.schedule?.next.map((time) => time.slice(10))).toEqual(Array(3).fill('T22:45:00.000Z'))
  })

  it('says of a rate and of @reboot that they begin with a scheduler', async () => {
    const io = keepOutput()
    const workspace = makeWorkspace()
    await addJob({ name: 'a', schedule: 'rate(90 seconds)', workspace: workspace.root }, io)
    await addJob({ name: 'b', schedule: '@reboot', workspace: workspace.root }, io)
    const text = io.printed.join('\n')
    expect(text).toContain('as soon as a scheduler sees it\n          1m30s after that\n          3m after that')
    expect(text).toContain('once, each time a scheduler starts')
  })

  it('goes by the time zone of the workspace where none is given', async () => {
    const workspace = makeWorkspace({
      packageJson: { webstir: { module: { jobs: [] }, scheduler: { timezone: 'Europe/Berlin' } } },
    })
    const added = await add(workspace, { name: 'x', schedule: '@daily' })
    expect(added.schedule?.timezone).toBe('Europe/Berlin')
    expect(entries(workspace)).toEqual([{ name: 'x', schedule: '@daily' }])
  })

  it('keeps a placeholder as typed and checks its value', async () => {
    const workspace = makeWorkspace({ files: { '.env': 'EVERY=*/5 * * * *\n' } })
    const added = await add(workspace, { name: 'a', schedule: `\${EVERY}` })
    expect(added.schedule?.words).toContain('5 minutes')
    expect(entries(workspace)).toEqual([{ name: 'a', schedule: `\${EVERY}` }])
    await expectRefusal(
      workspace,
      () => add(workspace, { name: 'b', schedule: `\${NO:-nonsense}` }),
      /--schedule "nonsense"/,
    )
    const unset = await add(workspace, { name: 'c', schedule: `\${NOT_SET_ANYWHERE}` })
    expect(unset.warnings[0]).toContain('NOT_SET_ANYWHERE is not set')
  })

  it('warns of what people get wrong, and adds the job all the same', async () => {
    const workspace = makeWorkspace({ linked: true })
    expect((await add(workspace, { name: 'a', schedule: '0 0 13 * FRI' })).warnings).toHaveLength(1)
    expect((await add(workspace, { name: 'b', priority: 'hihg' })).warnings).toEqual([
      'the priority "hihg" counts as 0; did you mean "high"?',
    ])
    expect((await add(workspace, { name: 'c', schedule: '0 0 L * *' })).warnings.join()).toContain(
      'other cron programs',
    )
  })

  it('changes nothing in a dry run', async () => {
    const workspace = makeWorkspace()
    const before = snapshot(workspace)
    const io = keepOutput()
    const added = await addJob({ name: 'x', dryRun: true, workspace: workspace.root }, io)
    expect(snapshot(workspace)).toEqual(before)
    expect(added).toMatchObject({ job: 'x', dryRun: true, entry: { name: 'x' } })
    expect(io.printed[0]).toBe('Would add the job x. Nothing was changed.')
  })

  it('writes to the older key where a workspace has that one', async () => {
    const workspace = makeWorkspace({
      packageJson: { webstir: { mode: 'api', moduleManifest: { name: 'm', jobs: [{ name: 'old' }] } } },
    })
    const added = await add(workspace, { name: 'x' })
    expect(added.path).toBe('webstir.moduleManifest.jobs[1]')
    expect(JSON.parse(workspace.read('package.json')).webstir).toEqual({
      mode: 'api',
      moduleManifest: { name: 'm', jobs: [{ name: 'old' }, { name: 'x' }] },
    })
  })

  it('keeps the mode of package.json', async () => {
    const workspace = makeWorkspace()
    chmodSync(workspace.path('package.json'), 0o640)
    await add(workspace, { name: 'x' })
    expect(statSync(workspace.path('package.json')).mode & 0o777).toBe(0o640)
  })

  it('loses nothing when fifty are added at once', async () => {
    const workspace = makeWorkspace()
    const names = Array.from({ length: 50 }, (_, index) => `job-${index}`)
    await Promise.all(names.map((name) => add(workspace, { name })))
    const listed = JSON.parse(workspace.read('package.json')).webstir.module.jobs
    expect(listed.map((entry: { name: string }) => entry.name).sort()).toEqual([...names].sort())
    expect(readdirSync(workspace.path('src/backend/jobs')).sort()).toEqual([...names].sort())
  })
})

describe('add-job refuses, and changes nothing,', () => {
  it.each([
    [{ timeout: '5' }, '--timeout "5" is not a valid duration'],
    [{ timeout: '0s' }, '--timeout "0s" is not a valid duration'],
    [{ retry: 0 }, '--retry 0 is out of range'],
    [{ retry: 1.5 }, '--retry 1.5 is out of range'],
    [{ args: '[1' }, '--args is not valid JSON'],
    [{ schedule: ['@daily', '@daily'] }, '--schedule "@daily" was given twice'],
    [{ schedule: ['@daily', '61 * * * *'] }, '--schedule "61 * * * *": '],
  ])('the options %j', async (options, message) => {
    const workspace = makeWorkspace()
    await expectRefusal(workspace, () => add(workspace, { name: 'a', ...options }), message)
  })

  it('a bad name, with a better one', async () => {
    const workspace = makeWorkspace()
    await expectRefusal(workspace, () => add(workspace, { name: 'Clean Up' }), '"Clean Up" can\'t be the name of a job')
    await expect(add(workspace, { name: 'Clean Up' })).rejects.toMatchObject({ hint: 'use "clean-up"' })
  })

  it.each([
    ['61 * * * *', 'minute 61 is out of range 0-59'],
    ['0 0 31 4 *', 'no date ever matches'],
    ['@dialy', '@dialy'],
    ['every day', '--schedule "every day"'],
  ])('the schedule %j', async (schedule, message) => {
    const workspace = makeWorkspace()
    await expectRefusal(workspace, () => add(workspace, { name: 'x', schedule }), message)
  })

  it('an unknown time zone, with one that is near', async () => {
    const workspace = makeWorkspace()
    await expectRefusal(
      workspace,
      () => add(workspace, { name: 'x', timezone: 'Europe/Berln' }),
      '"Europe/Berln" is not a time zone',
    )
    await expect(add(workspace, { name: 'x', timezone: 'Europe/Berln' })).rejects.toMatchObject({
      hint: 'did you mean Europe/Berlin?',
    })
  })

  it('a name that is there, or that differs only in case, "-" or "_"', async () => {
    const workspace = makeWorkspace()
    await add(workspace, { name: 'my-job' })
    await expectRefusal(workspace, () => add(workspace, { name: 'my-job' }), 'there is already a job "my-job"')
    await expectRefusal(workspace, () => add(workspace, { name: 'My_Job' }), 'differs from the job "my-job"')
  })

  it('a folder that is there without an entry', async () => {
    const workspace = makeWorkspace({ files: { 'src/backend/jobs/Old_Job/notes.txt': 'x' } })
    await expectRefusal(workspace, () => add(workspace, { name: 'old-job' }), 'src/backend/jobs/Old_Job already exists')
  })

  it.each(['src', 'src/backend', 'src/backend/jobs', 'src/backend/jobs/x'])('a symbolic link at %s', async (place) => {
    const outside = makeWorkspace()
    const workspace = makeWorkspace()
    workspace.write(`${place}/keep`, '')
    rmSync(workspace.path(place), { recursive: true })
    symlinkSync(outside.root, workspace.path(place))
    const before = snapshot(outside)
    await expectRefusal(workspace, () => add(workspace, { name: 'x' }), /symbolic link|already exists/)
    expect(snapshot(outside)).toEqual(before)
  })

  it('a package.json that is a symbolic link', async () => {
    const outside = makeWorkspace()
    const workspace = makeWorkspace({ packageJson: null })
    symlinkSync(outside.path('package.json'), workspace.path('package.json'))
    await expectRefusal(workspace, () => add(workspace, { name: 'x' }), 'package.json is a symbolic link')
    expect(JSON.parse(outside.read('package.json')).webstir.module.jobs).toEqual([])
  })

  it('a package.json that is read-only', async () => {
    const workspace = makeWorkspace()
    chmodSync(workspace.path('package.json'), 0o444)
    await expectRefusal(workspace, () => add(workspace, { name: 'x' }), 'package.json is read-only')
  })

  it('a file where a folder belongs', async () => {
    const workspace = makeWorkspace({ files: { 'src/backend': 'a file' } })
    await expectRefusal(workspace, () => add(workspace, { name: 'x' }), 'src/backend is not a folder')
  })

  it('a package.json that is broken, has no webstir, or whose jobs are no array', async () => {
    for (const [packageJson, message] of [
      ['{ "webstir": {', 'broken JSON'],
      ['{ "name": "x" }', 'has no "webstir" key'],
      ['{ "webstir": { "module": { "jobs": {} } } }', 'must be an array'],
    ] as const) {
      const workspace = makeWorkspace({ packageJson })
      await expectRefusal(workspace, () => add(workspace, { name: 'x' }), message)
    }
  })
})
