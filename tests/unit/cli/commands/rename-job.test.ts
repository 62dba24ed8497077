import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { jobHistory } from '../../../../cli/commands/job-history.ts'
import { renameJob } from '../../../../cli/commands/rename-job.ts'
import { scheduleKey } from '../../../../runtime/manifest/job-schedule.ts'
import { openStore } from '../../../../runtime/store/open.ts'
import type { Store } from '../../../../runtime/store/store.ts'
import { keepOutput } from '../../../support/output.ts'
import { makeWorkspace, type Workspace } from '../../../support/workspace.ts'

const NOW = Date.now()
const EXPRESSION = 'rate(1 hour)'
const keyOf = (job: string): string => scheduleKey(job, { text: EXPRESSION, timezone: 'UTC', args: [] })

const PACKAGE_JSON = `{
  "webstir": { "module": { "jobs": [
    { "name": "first", "after": ["Night-Job", "other"] },
    { "name": "other" },
    { "name": "night_job",   "schedule": "${EXPRESSION}" }
  ] } }
}
`

const workspaceWithJob = (): Workspace =>
  makeWorkspace({
    packageJson: PACKAGE_JSON,
    files: {
      'src/backend/jobs/night_job/index.ts': "export const own = 'night_job'\n",
      'src/backend/jobs/first/index.ts': "await runBackgroundJob('night_job')\n",
    },
  })

async function inStore<Result>({ path }: Workspace, work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openStore(`file:${path('data/jobs.sqlite')}`)
  return work(store).finally(() => store.close())
}

const run = (store: Store) =>
  store.begin({
    node: 'test',
    now: NOW,
    job: 'night_job',
    tenant: '',
    trigger: 'manual',
    scheduleKey: '',
    scheduledFor: NOW,
    args: [],
    priority: 0,
    maxAttempts: 1,
    recoverLimit: 0,
    parentId: null,
    lock: 'exclusive',
    staleBefore: 0,
  })

const rename = (workspace: Workspace, oldName: string, newName: string, io = keepOutput()) =>
  renameJob({ oldName, newName, workspace: workspace.root }, io)

describe('rename-job', () => {
  it('renames folder, entry and the after of others, and changes nothing else in package.json', async () => {
    const workspace = workspaceWithJob()
    const io = keepOutput()
    const renamed = await rename(workspace, 'Night-Job', 'nightly', io)
    expect(renamed).toMatchObject({
      from: 'night_job',
      to: 'nightly',
      folder: { from: 'src/backend/jobs/night_job', to: 'src/backend/jobs/nightly' },
      after: ['first'],
      mentions: ['src/backend/jobs/first/index.ts', 'src/backend/jobs/nightly/index.ts'],
    })
    expect(workspace.read('package.json')).toBe(
      PACKAGE_JSON.replace('"Night-Job"', '"nightly"').replace(
        `"night_job",   "schedule": "${EXPRESSION}" }`,
        `"nightly",   "schedule": "${EXPRESSION}", "formerly": ["night_job"] }`,
      ),
    )
    expect(existsSync(workspace.path('src/backend/jobs/night_job'))).toBe(false)
    expect(io.warnings.join()).toContain('"night_job" is still named in src/backend/jobs/first/index.ts')
    expect(existsSync(workspace.path('data'))).toBe(false)
  })

  it('takes watermarks and pauses along, and shows the history of both names', async () => {
    const workspace = workspaceWithJob()
    await inStore(workspace, async (store) => {
      const known = { expression: EXPRESSION, timezone: 'UTC', args: [], origin: 'manifest' } as const
      const schedule = { ...known, key: keyOf('night_job'), job: 'night_job', watermark: NOW - 5, anchor: NOW - 9 }
      await store.registerSchedules([schedule], { now: NOW, retireOthers: false })
      await store.pause('night_job', 'ann', 'moving', NOW)
      const started = await run(store)
      if (!started.acquired) return
      const outcome = { kind: 'success' } as const
      await store.complete({ id: started.execution.id, owner: 'test', attempt: 1, at: NOW, outcome })
    })
    await rename(workspace, 'night_job', 'nightly')
    const texts = await inStore(workspace, (store) => store.scheduleTexts())
    expect(texts.get(keyOf('nightly'))).toMatchObject({ anchor: NOW - 9, retired: false })
    expect(await inStore(workspace, (store) => store.pauses())).toMatchObject([{ job: 'nightly', by: 'ann' }])
    for (const name of ['nightly', 'night_job']) {
      const shown = await jobHistory({ name, workspace: workspace.root }, keepOutput({ json: true }))
      expect(shown.map(({ job, status }) => [job, status])).toEqual([['night_job', 'SUCCESS']])
    }
    // Once more, for another store: the workspace stays as it is.
    expect(await rename(workspace, 'night_job', 'nightly')).toMatchObject({ storeOnly: true, folder: null })
  })

  it('is refused while the job runs, and leaves everything as it was', async () => {
    const workspace = workspaceWithJob()
    await inStore(workspace, run)
    await expect(rename(workspace, 'night_job', 'nightly')).rejects.toMatchObject({
      code: 'JOB_BUSY',
      message: expect.stringContaining('"night_job" is running'),
    })
    expect(workspace.read('package.json')).toBe(PACKAGE_JSON)
    expect(existsSync(workspace.path('src/backend/jobs/night_job/index.ts'))).toBe(true)
    expect(existsSync(workspace.path('src/backend/jobs/nightly'))).toBe(false)
  })

  it.each([
    ['night_job', 'First', 'there is already a job "first"'],
    ['night_job', 'no good', "can't be the name of a job"],
    ['nigth_job', 'x', 'there is no job "nigth_job"'],
  ])('refuses %s to %s', async (from, to, message) => {
    const workspace = workspaceWithJob()
    await expect(rename(workspace, from, to)).rejects.toThrow(message)
    expect(workspace.read('package.json')).toBe(PACKAGE_JSON)
  })

  it('changes nothing in a dry run', async () => {
    const workspace = workspaceWithJob()
    const io = keepOutput()
    const options = { oldName: 'night_job', newName: 'nightly', dryRun: true, workspace: workspace.root }
    expect(await renameJob(options, io)).toMatchObject({ dryRun: true, to: 'nightly' })
    expect(workspace.read('package.json')).toBe(PACKAGE_JSON)
    expect(io.printed[0]).toContain('Would rename night_job to nightly')
  })
})
