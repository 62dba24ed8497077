import { describe, expect, it } from 'vitest'
import { makeWorkspace, ROOT, runCli, runNode } from '../support/workspace.ts'

describe('the built webstir', () => {
  it('shows help and version with exit code 0', async () => {
    const help = await runCli(['--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toContain('webstir add-job NAME')
    const version = await runCli(['--version'])
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('answers wrong usage with 2 and a near miss with a suggestion, in two lines', async () => {
    expect(await runCli(['add-jb', 'x'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Error: there is no command "add-jb"\nHint: did you mean "add-job"?\n',
    })
    expect(await runCli(['add-job', 'x', '--shedule', '@daily'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Error: "add-job" has no option --shedule\nHint: did you mean "--schedule"?\n',
    })
  })

  it("answers a user's error with 1, and shows the stack only with DEBUG=webstir", async () => {
    const { root } = makeWorkspace()
    const plain = await runCli(['add-job', 'Clean Up'], { cwd: root })
    expect(plain.code).toBe(1)
    expect(plain.stderr.trimEnd().split('\n')).toHaveLength(2)
    const debug = await runCli(['add-job', 'Clean Up'], { cwd: root, env: { DEBUG: 'webstir' } })
    expect(debug.stderr).toContain('    at ')
  })

  it('finds the workspace upward from the current folder', async () => {
    const workspace = makeWorkspace({ files: { 'src/backend/deep/x.ts': '' } })
    const { code, stdout } = await runCli(['add-job', 'x', '--json'], { cwd: workspace.path('src/backend/deep') })
    expect(code).toBe(0)
    expect(JSON.parse(stdout).workspace).toBe(workspace.root)
  })

  it('says what to do where there is no workspace', async () => {
    const { root } = makeWorkspace({ packageJson: null })
    const { code, stderr } = await runCli(['list-jobs'], { cwd: root })
    expect(code).toBe(1)
    expect(stderr).toMatch(/is in no workspace.*\nHint: make one with "webstir init DIR"/)
  })

  it('lists what add-job added, as a table and as data', async () => {
    const { root } = makeWorkspace()
    await runCli(['add-job', 'nightly', '--schedule', '0 0 * * *', '-p', 'high', '-d', 'Cleans'], { cwd: root })
    const table = await runCli(['list-jobs'], { cwd: root })
    expect(table.stdout).toMatch(/^nightly +0 0 \* \* \* +in .+ high +Cleans$/m)
    const data = await runCli(['list-jobs', '--json'], { cwd: root })
    expect(JSON.parse(data.stdout)).toMatchObject([{ name: 'nightly', priority: 'high', description: 'Cleans' }])
  })

  it('has a reference that is current', async () => {
    expect(await runNode(['scripts/docs-commands.mjs', '--check'], { cwd: ROOT })).toMatchObject({
      code: 0,
      stderr: '',
    })
  })
})
