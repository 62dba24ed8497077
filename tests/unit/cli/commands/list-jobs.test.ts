import { describe, expect, it } from 'vitest'
import { listJobs } from '../../../../cli/commands/list-jobs.ts'
import { keepOutput } from '../../../support/output.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

const workspaceOf = (jobs: unknown) => makeWorkspace({ packageJson: { webstir: { module: { jobs } } } })

describe('list-jobs', () => {
  it('prints a table for people', async () => {
    const { root } = workspaceOf([{ name: 'nightly', schedule: '0 0 * * *', priority: 'high', description: 'Cleans' }])
    const io = keepOutput()
    await listJobs({ workspace: root }, io)
    expect(io.printed.join('\n')).toMatch(
      /^Name +Schedule +Next run +Priority +Description\nnightly +0 0 \* \* \* +in .+ high +Cleans$/,
    )
  })

  it('prints an array as data', async () => {
    const { root } = workspaceOf([{ name: 'a', schedule: ['@daily', 'rate(5 minutes)'] }, { name: 'b' }])
    const io = keepOutput({ json: true })
    const jobs = await listJobs({ workspace: root }, io)
    expect(io.printed).toEqual([])
    expect(io.values).toEqual([jobs])
    expect(jobs.map(({ name, schedules }) => [name, schedules.length])).toEqual([
      ['a', 2],
      ['b', 0],
    ])
  })

  it('shows an unreadable schedule as invalid and goes on', async () => {
    const { root } = workspaceOf([
      { name: 'bad', schedule: '61 * * * *' },
      { name: 'good', schedule: '@daily' },
    ])
    const io = keepOutput()
    await listJobs({ workspace: root }, io)
    expect(io.printed.join('\n')).toMatch(/bad .*invalid[\s\S]*good .*in /)
  })

  it('warns of unknown keys, with the one that was probably meant', async () => {
    const { root } = workspaceOf([{ name: 'a', shedule: '@daily' }])
    const io = keepOutput()
    await listJobs({ workspace: root }, io)
    expect(io.warnings.join()).toContain('did you mean "schedule"')
  })

  it('fills the environment from .env for itself, not for its process', async () => {
    const { root, write } = workspaceOf([{ name: 'a', schedule: `\${LIST_JOBS_TEST}` }])
    write('.env', 'LIST_JOBS_TEST=@hourly\n')
    const jobs = await listJobs({ workspace: root }, keepOutput())
    expect(jobs[0]?.next).not.toBeNull()
    expect(process.env.LIST_JOBS_TEST).toBeUndefined()
  })
})
