import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../cli/index.ts'
import { main } from '../../../cli/main.ts'
import { commands } from '../../../cli/registry/index.ts'
import { keepOutput } from '../../support/output.ts'
import { makeWorkspace } from '../../support/workspace.ts'

/** Runs a command line in this process, on streams that keep what is written. */
async function run(argv: readonly string[], env: Record<string, string> = {}, isTTY = false) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY,
    write(text: string) {
      written[name] += text
    },
  })
  const code = await main(argv, { stdout: stream('stdout'), stderr: stream('stderr'), stdin: { isTTY: false }, env })
  return { code, ...written }
}

describe('the command line', () => {
  it('shows every command and how to begin with --help', async () => {
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    for (const { name } of commands) expect(stdout).toContain(`webstir ${name}`)
    expect(stdout).toContain('webstir init my-jobs')
  })

  it.each(commands.map(({ name }) => name))('shows options and examples with %s --help', async (name) => {
    const { code, stdout } = await run([name, '--help'])
    expect(code).toBe(0)
    const definition = commands.find((command) => command.name === name)
    for (const option of Object.keys(definition?.options ?? {})) expect(stdout).toContain(`${option}`)
    expect(stdout).toContain('Examples:')
    expect((await run(['help', name])).stdout).toBe(stdout)
  })

  it.each([
    [['add-jb'], 'there is no command "add-jb"', 'did you mean "add-job"?'],
    [['lst-jobs'], 'there is no command "lst-jobs"', 'did you mean "list-jobs"?'],
    [['list'], 'there is no command "list"', 'did you mean "list-jobs"?'],
    [['ls'], 'there is no command "ls"', 'did you mean "list-jobs"?'],
    [['status'], 'there is no command "status"', 'did you mean "list-jobs"?'],
    [['history'], 'there is no command "history"', 'did you mean "job-history"?'],
    [['log'], 'there is no command "log"', 'did you mean "job-logs"?'],
    [['logs'], 'there is no command "logs"', 'did you mean "job-logs"?'],
    [['run', 'nightly'], 'there is no command "run"', 'did you mean "run-job"?'],
    [['start'], 'there is no command "start"', 'did you mean "watch" or "start-server"?'],
    [['rename', 'a', 'b'], 'there is no command "rename"', 'did you mean "rename-job"?'],
    [['job'], 'there is no command "job"', 'see "webstir --help"'],
    [['zzz'], 'there is no command "zzz"', 'see "webstir --help"'],
    [[], 'no command was given', 'webstir init DIR'],
    [['--hlep'], 'webstir has no option --hlep', 'did you mean "--help"?'],
    [['add-job', 'x', '--shedule', '@daily'], '"add-job" has no option --shedule', 'did you mean "--schedule"?'],
    [['add-job', 'x', '--no-colour'], '"add-job" has no option --no-colour', 'see "webstir add-job --help"'],
    [['build', '--no-typechek'], '"build" has no option --no-typechek', 'did you mean "--no-typecheck"?'],
    [['add-job', 'x', '-z'], '"add-job" has no option -z', 'see "webstir add-job --help"'],
    [['add-job'], '"add-job" needs a NAME', 'see "webstir add-job --help"'],
    [['add-job', 'clean', 'up'], '"add-job" takes no argument "up"', 'quote a value'],
    [['add-job', 'x', '--schedule'], '--schedule needs a value', 'see'],
    [['add-job', 'x', '--schedule', '--json'], '--schedule needs a value', 'see'],
    [['add-job', 'x', '-p', '1', '--priority', '2'], '--priority was given more than once', 'once'],
    [['build', '--runtime', 'bakend'], '--runtime: "bakend" is not one of its values', 'did you mean "backend"?'],
  ])('answers %j with what is wrong, what to do, and exit code 2', async (argv, wrong, remedy) => {
    const { code, stdout, stderr } = await run(argv)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    const [first, second, ...rest] = stderr.split('\n')
    expect(first).toContain(wrong)
    expect(second).toContain(remedy)
    expect(rest).toEqual([''])
  })

  it('answers a mistake of the user in two lines, without a stack, and exit code 1', async () => {
    const { root } = makeWorkspace()
    const { code, stderr } = await run(['add-job', 'Clean Up', '--workspace', root])
    expect(code).toBe(1)
    expect(stderr).toBe(
      'Error: "Clean Up" can\'t be the name of a job: only letters, digits, "-" and "_" are allowed\nHint: use "clean-up"\n',
    )
  })

  it('shows the stack with DEBUG=webstir', async () => {
    const { root } = makeWorkspace()
    const { stderr } = await run(['add-job', 'Clean Up', '--workspace', root], { DEBUG: 'http,webstir' })
    expect(stderr).toMatch(/\n +at .*add-job\.ts/)
  })

  it('says where there is no workspace', async () => {
    const { code, stderr } = await run(['list-jobs', '--workspace', '/nowhere/at/all'])
    expect(code).toBe(1)
    expect(stderr).toContain('--workspace /nowhere/at/all: there is no such folder\nHint: ')
  })

  it('takes --workspace before the command too', async () => {
    const { root } = makeWorkspace()
    expect((await run(['--workspace', root, 'list-jobs', '--json'])).stdout).toBe('[]\n')
    expect((await run([`--workspace=${root}`, 'list-background-jobs', '--json'])).stdout).toBe('[]\n')
  })

  it('paints only on a terminal, and not where NO_COLOR is set', async () => {
    const { root } = makeWorkspace()
    const argv = ['add-job', 'x', '--dry-run', '--workspace', root]
    expect((await run(argv, {}, true)).stdout).toContain('\x1b[')
    expect((await run(argv, { NO_COLOR: '1' }, true)).stdout).not.toContain('\x1b[')
    expect((await run(argv, { TERM: 'dumb' }, true)).stdout).not.toContain('\x1b[')
    expect((await run(argv, {}, false)).stdout).not.toContain('\x1b[')
  })

  it('prints nothing but data on standard output with --json', async () => {
    const { root } = makeWorkspace()
    const { stdout } = await run(['add-job', 'x', '--schedule', '0 0 13 * 5', '--json', '--workspace', root])
    expect(JSON.parse(stdout)).toMatchObject({ job: 'x', entry: { name: 'x', schedule: '0 0 13 * 5' }, dryRun: false })
  })

  it('has the documented keys in the data of what changes a workspace', async () => {
    const folder = makeWorkspace({ packageJson: null })
    const root = folder.path('w')
    const keys = async (...argv: string[]) => Object.keys(JSON.parse((await run([...argv, '--json'])).stdout))
    expect(await keys('init', root)).toEqual(['workspace', 'name', 'timezone', 'files', 'additions', 'left', 'written'])
    expect(await keys('add-job', 'x', '-s', '@daily', '--workspace', root)).toEqual([
      'job',
      'workspace',
      'entry',
      'path',
      'file',
      'dryRun',
      'schedule',
      'schedules',
      'warnings',
    ])
    expect(await keys('remove-job', 'x', '--workspace', root)).toEqual([
      'job',
      'workspace',
      'paths',
      'files',
      'keptFiles',
      'dependents',
      'dryRun',
    ])
  })

  it('takes a positional as an option too', async () => {
    const { root } = makeWorkspace()
    expect((await run(['add-job', '--name', 'x', '--workspace', root])).code).toBe(0)
    expect((await run(['remove-job', '--name', 'x', 'y', '--workspace', root])).code).toBe(2)
    expect((await run(['remove-job', '--name', 'x', '--workspace', root])).code).toBe(0)
  })

  it('takes a negative number for a value', async () => {
    const { root } = makeWorkspace()
    const { stdout } = await run(['add-job', 'x', '-p', '-5', '--json', '--workspace', root])
    expect(JSON.parse(stdout).entry).toEqual({ name: 'x', priority: -5 })
  })
})

describe('runCommand', () => {
  it('runs a command from code and gives its data', async () => {
    const { root, read } = makeWorkspace()
    const io = keepOutput()
    const added = await runCommand('add-job', { name: 'x', priority: 5, workspace: root }, io)
    expect(added).toMatchObject({ job: 'x', entry: { name: 'x', priority: 5 } })
    expect(JSON.parse(read('package.json')).webstir.module.jobs).toEqual([{ name: 'x', priority: 5 }])
    const removed = await runCommand('remove-job', { name: 'x', dryRun: true, workspace: root }, io)
    expect(removed).toMatchObject({ dryRun: true })
  })

  it('rejects with the error that the command line would have explained', async () => {
    await expect(runCommand('add-job', { nmae: 'x' })).rejects.toMatchObject({ hint: 'did you mean "--name"?' })
    await expect(runCommand('ad-job')).rejects.toMatchObject({ hint: 'did you mean "add-job"?' })
  })
})
