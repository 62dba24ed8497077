import { copyFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { listJobs, loadManifest } from '../../../runtime/manifest/index.ts'
import { readManifest } from '../../../runtime/manifest/parse/parse-manifest.ts'
import { packManifest, unpackManifest } from '../../../runtime/manifest/snapshot.ts'
import { makeWorkspace, type Workspace } from '../../support/workspace.ts'

const NOW = Date.UTC(2026, 2, 28, 12)

const JOBS = [
  { name: 'plain' },
  { name: 'nightly', schedule: '0 0 * * *', description: 'At night', priority: 'high' },
  {
    name: 'rich',
    schedule: ['@daily', { schedule: '@hourly', timezone: 'Asia/Tokyo', args: [1] }, { schedule: '@weekly', args: [] }],
    timezone: 'Europe/Berlin',
    args: ['x', { deep: true }],
    enabled: false,
    overlap: 'queue',
    catchUp: 'all',
    catchUpWindow: '1h',
    timeout: '1m',
    retry: { attempts: 3 },
    recover: 0,
    jitter: '5s',
    after: ['Plain'],
    multiTenant: true,
    isolation: 'process',
  },
]

async function built(): Promise<{ workspace: Workspace; buildInfo: string }> {
  const workspace = makeWorkspace({ packageJson: { name: 'x', version: '1.0.0', webstir: { module: { jobs: JOBS } } } })
  const snapshot = packManifest(await readManifest(workspace.root, {}))
  const jobs = snapshot.jobs.map((job) => (job.n === 'nightly' ? { ...job, description: 'From the build' } : job))
  const info = { format: 1, builtAt: '', version: '', jobs: {}, modules: {}, snapshot: { ...snapshot, jobs } }
  workspace.write('build/backend/webstir/build.json', JSON.stringify(info))
  copyFileSync(workspace.path('package.json'), workspace.path('build/backend/webstir/package.json.txt'))
  return { workspace, buildInfo: workspace.path('build/backend/webstir/build.json') }
}

describe('the snapshot of a manifest', () => {
  it('opens to the very manifest that was packed, also by way of JSON', async () => {
    const { workspace } = await built()
    const manifest = await readManifest(workspace.root, {})

    const { plans, ...opened } = unpackManifest(JSON.parse(JSON.stringify(packManifest(manifest))), workspace.root)

    expect(opened).toEqual(manifest)
  })

  it('lists the same with the plans of its expressions as without', async () => {
    const { workspace } = await built()
    const manifest = await readManifest(workspace.root, {})
    const opened = unpackManifest(JSON.parse(JSON.stringify(packManifest(manifest))), workspace.root)

    expect(Object.keys(opened.plans ?? {})).toContain('0 0 * * *')
    expect(listJobs(opened, NOW, { words: true })).toEqual(listJobs(manifest, NOW, { words: true }))
  })
})

describe('loading a manifest', () => {
  const fromBuild = (manifest: { jobs: readonly { name: string; description: string | undefined }[] }) =>
    manifest.jobs.find(({ name }) => name === 'nightly')?.description === 'From the build'

  it('takes the snapshot while package.json is what was built', async () => {
    const { workspace, buildInfo } = await built()

    expect(fromBuild(await loadManifest({ workspace: workspace.root, buildInfo, env: {} }))).toBe(true)
  })

  it('reads package.json once it has changed', async () => {
    const { workspace, buildInfo } = await built()
    workspace.write('package.json', workspace.read('package.json').replace('At night', 'After dark'))

    const manifest = await loadManifest({ workspace: workspace.root, buildInfo, env: {} })

    expect(manifest.jobs[1]?.description).toBe('After dark')
  })

  it('reads package.json where there is no build, or a broken one', async () => {
    const { workspace, buildInfo } = await built()
    expect(fromBuild(await loadManifest({ workspace: workspace.root, env: {} }))).toBe(false)

    workspace.write('build/backend/webstir/build.json', '{')
    expect(fromBuild(await loadManifest({ workspace: workspace.root, buildInfo, env: {} }))).toBe(false)
  })

  it('heeds the switches of the environment in the snapshot too', async () => {
    const { workspace, buildInfo } = await built()

    const { jobs } = await loadManifest({ workspace: workspace.root, buildInfo, env: { NIGHTLY_ENABLED: 'false' } })

    expect(jobs.map(({ enabled }) => enabled)).toEqual([true, false, false])
  })
})
