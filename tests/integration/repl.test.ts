import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { jobNameCompletions } from '../../runtime/entry/repl-input.ts'
import { addTenantRows, objectWorkspace } from '../support/object-workspace.ts'
import { ROOT, type Workspace } from '../support/workspace.ts'

describe('repl', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await objectWorkspace([{ name: 'send-newsletter', schedule: '@daily' }, { name: 'fails' }], {
      'jobs/send-newsletter/index.js': `export async function run(ctx) { ctx.log.info('sent to ' + (ctx.args[0] ?? 'all')) }`,
      'jobs/fails/index.js': `export async function run() { throw new RangeError('out of stamps') }`,
    })
    addTenantRows(workspace, [1, 2, 3])
  })

  /** Types these lines into `webstir repl`; resolves to what it printed. */
  async function type(...lines: string[]): Promise<{ output: string; code: number | null }> {
    const child = spawn(process.execPath, [join(ROOT, 'dist/cli/bin.js'), 'repl', '--workspace', workspace.root])
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.stdin.end(`${lines.join('\n')}\n`)
    const [code] = await once(child, 'close')
    return { output, code }
  }

  it('prints what happened to a job that is run', async () => {
    const { output, code } = await type(`await runBackgroundJob('send-newsletter')`)
    expect(output).toMatch(/\[send-newsletter\] sent to all\n.*\[send-newsletter\] succeeded in \d+ ms/)
    expect(code).toBe(0)
  })

  it('has jobs, scheduler, store, database and log at hand, and awaits one line before the next', async () => {
    const { output } = await type(
      'jobs.map(({ name }) => name)',
      `await scheduler.runBackgroundJob('SEND_NEWSLETTER', 'ada')`,
      `(await store.executions({ jobs: ['send-newsletter'], limit: 1 }))[0].args`,
      `(await database.query('select count(*) as n from tenants'))[0].n`,
      `log.info('by hand')`,
      'const double = (n) => {',
      '  return n * 2',
      '}',
      'await double(21)',
    )
    expect(output).toContain("[ 'send-newsletter', 'fails' ]")
    expect(output).toMatch(/sent to ada[\s\S]*succeeded[\s\S]*\[ 'ada' \]\n3\n[\s\S]*by hand\n(?:(?:\.\.\.|\|) )*42\n/)
  })

  it('goes on after errors of every kind', async () => {
    const { output, code } = await type(
      `throw new Error('thrown')`,
      'not javascript',
      `await runBackgroundJob('fails')`,
      `await runBackgroundJob('send-newslettr')`,
      `await runBackgroundJob('fails', new Date())`,
      `void Promise.reject(new Error('left alone'))`,
      `setTimeout(() => { throw new Error('later') }, 1); await new Promise((resolve) => setTimeout(resolve, 50))`,
      `'still here'`,
    )
    for (const text of [
      'Error: thrown',
      'SyntaxError',
      'RangeError: out of stamps',
      'did you mean "send-newsletter"?',
      'ARGUMENTS_NOT_JSON',
      'Error: left alone',
      'Error: later',
      "'still here'",
    ]) {
      expect(output).toContain(text)
    }
    expect(code).toBe(0)
  })

  it('leaves at .exit', async () => {
    const { output, code } = await type('.exit', `'never'`)
    expect(code).toBe(0)
    expect(output).not.toContain('never')
  })
})

describe('completion in the REPL', () => {
  const names = ['send-newsletter', 'send-bills', 'cleanup']

  it.each([
    [`await runBackgroundJob('cl`, [["cleanup'"], 'cl']],
    ['runBackgroundJob("', [names, '']],
    ['scheduler.pause(`SEND', [['send-newsletter', 'send-bills'], 'SEND']],
    [`await scheduler.runBackgroundJob('zzz`, [[], 'zzz']],
    ['jobs.le', null],
    [`runBackgroundJob('cleanup', 'a`, null],
  ])('of %s', (line, expected) => {
    expect(jobNameCompletions(line, names)).toEqual(expected)
  })
})
