import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { addJob } from '../../../../cli/commands/add-job.ts'
import { removeJob } from '../../../../cli/commands/remove-job.ts'
import { keepOutput } from '../../../support/output.ts'
import { makeWorkspace } from '../../../support/workspace.ts'

describe('remove-job', () => {
  it('undoes what add-job did, to the byte', async () => {
    const workspace = makeWorkspace({ files: { 'src/backend/jobs/other/index.ts': '' } })
    const before = workspace.read('package.json')
    await addJob({ name: 'x', schedule: '@daily', workspace: workspace.root }, keepOutput())
    const removed = await removeJob({ name: 'x', workspace: workspace.root }, keepOutput())
    expect(removed).toMatchObject({
      job: 'x',
      paths: ['webstir.module.jobs[0]'],
      files: ['src/backend/jobs/x/index.ts'],
    })
    expect(workspace.read('package.json')).toBe(before)
    expect(readdirSync(workspace.path('src/backend/jobs'))).toEqual(['other'])
    expect(readdirSync(workspace.root).sort()).toEqual(['package.json', 'src'])
  })

  it('finds the job without regard to case, "-" and "_"', async () => {
    const workspace = makeWorkspace({ packageJson: { webstir: { module: { jobs: [{ name: 'my_job' }] } } } })
    const removed = await removeJob({ name: 'My-Job', workspace: workspace.root }, keepOutput())
    expect(removed.job).toBe('my_job')
  })

  it('keeps the files where that is asked for', async () => {
    const workspace = makeWorkspace()
    await addJob({ name: 'x', workspace: workspace.root }, keepOutput())
    await removeJob({ name: 'x', keepFiles: true, workspace: workspace.root }, keepOutput())
    expect(existsSync(workspace.path('src/backend/jobs/x/index.ts'))).toBe(true)
  })

  it('changes nothing in a dry run, and says what would go', async () => {
    const workspace = makeWorkspace()
    await addJob({ name: 'x', workspace: workspace.root }, keepOutput())
    const before = workspace.read('package.json')
    const io = keepOutput()
    await removeJob({ name: 'x', dryRun: true, workspace: workspace.root }, io)
    expect(workspace.read('package.json')).toBe(before)
    expect(existsSync(workspace.path('src/backend/jobs/x/index.ts'))).toBe(true)
    expect(io.printed.join('\n')).toContain('- src/backend/jobs/x/index.ts')
  })

  it('asks on a terminal where more than the file of the job would go, or others depend on it', async () => {
    const jobs = [{ name: 'x' }, { name: 'y', after: ['X'] }]
    const files = { 'src/backend/jobs/x/index.ts': '', 'src/backend/jobs/x/mail.html': '' }
    const workspace = makeWorkspace({ packageJson: { webstir: { module: { jobs } } }, files })
    const before = workspace.read('package.json')
    const questions: string[] = []
    const io = { ...keepOutput(), interactive: true }
    const remove = (answer: string, name = 'x', yes = false) =>
      removeJob({ name, yes, workspace: workspace.root }, io, async ({ text }) => {
        questions.push(text)
        return answer
      })
    await expect(remove('no')).rejects.toMatchObject({ exitCode: 1 })
    expect(workspace.read('package.json')).toBe(before)
    expect(existsSync(workspace.path('src/backend/jobs/x/mail.html'))).toBe(true)
    expect(io.errors.join('\n')).toMatch(/- src\/backend\/jobs\/x\/mail.html\n.*"after" of y names it/)
    expect((await remove('yes')).dependents).toEqual(['y'])
    expect(questions).toEqual(Array(2).fill('Remove x and all its files? yes or no'))
    expect(io.warnings.join()).toContain('"after" of the job "y" names "x"')
    await remove('no', 'y')
    expect(questions).toHaveLength(2)
  })

  it('removes every entry of a name that occurs twice', async () => {
    const jobs = [{ name: 'a' }, { name: 'x', schedule: '@daily' }, { name: 'b' }, { name: 'x' }]
    const workspace = makeWorkspace({ packageJson: { webstir: { module: { jobs } } } })
    const removed = await removeJob({ name: 'x', workspace: workspace.root }, keepOutput())
    expect(removed.paths).toEqual(['webstir.module.jobs[1]', 'webstir.module.jobs[3]'])
    expect(JSON.parse(workspace.read('package.json')).webstir.module.jobs).toEqual([{ name: 'a' }, { name: 'b' }])
  })

  it('says which job was probably meant', async () => {
    const workspace = makeWorkspace({ packageJson: { webstir: { module: { jobs: [{ name: 'nightly' }] } } } })
    await expect(removeJob({ name: 'nigthly', workspace: workspace.root }, keepOutput())).rejects.toMatchObject({
      code: 'JOB_NOT_FOUND',
      hint: 'did you mean "nightly"?',
    })
  })

  it('does not follow a symbolic link', async () => {
    const outside = makeWorkspace({ files: { 'index.ts': '' } })
    const workspace = makeWorkspace({
      packageJson: { webstir: { module: { jobs: [{ name: 'x' }] } } },
      files: { 'src/backend/jobs/keep': '' },
    })
    symlinkSync(outside.root, workspace.path('src/backend/jobs/x'))
    const before = workspace.read('package.json')
    await expect(removeJob({ name: 'x', workspace: workspace.root }, keepOutput())).rejects.toThrow('symbolic link')
    expect(workspace.read('package.json')).toBe(before)
    expect(existsSync(outside.path('index.ts'))).toBe(true)
  })
})
