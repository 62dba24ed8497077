import { expect, it } from 'vitest'
import { addJob } from '../../../../cli/commands/add-job.ts'
import { webstirWarnings } from '../../../../cli/workspace/webstir-manifest.ts'
import { keepOutput } from '../../../support/output.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

it("warns of what Webstir's own validation refuses, in its own key alone", () => {
  const key = 'webstir.moduleManifest.jobs'
  expect(webstirWarnings(key, { name: 'a', priority: 1.5 })).toEqual([expect.stringContaining('priority 1.5')])
  expect(webstirWarnings(key, { name: 'a', schedule: ['@daily', '@hourly'] })).toEqual([
    expect.stringContaining('schedule is not a string'),
  ])
  expect(webstirWarnings(key, { name: 'a', priority: 5, schedule: '@daily' })).toEqual([])
  expect(webstirWarnings(key, { name: 'a', priority: 'high' })).toEqual([])
  expect(webstirWarnings('webstir.module.jobs', { name: 'a', priority: 1.5 })).toEqual([])
})

it('says so when a job is added there', async () => {
  const io = keepOutput()
  const workspace = makeWorkspace({ packageJson: { name: 'w', webstir: { moduleManifest: { jobs: [] } } } })
  await addJob({ name: 'nightly', priority: '2.5', workspace: workspace.root }, io)
  expect(io.warnings).toContainEqual(expect.stringContaining('priority 2.5 is not a whole number'))
})
