import { beforeAll, describe, expect, it } from 'vitest'
import { type BuiltWorkspace, buildWorkspace } from '../support/built.ts'
import { untilEnded } from '../support/until-ended.ts'
import { runCli, runNode } from '../support/workspace.ts'

/** A request handler's process: it enqueues, and ends when it has nothing left to do. */
const SCRIPT = `
  import { enqueue } from 'webstir-jobs'
  const handle = await enqueue('mail', ['from a script'], { priority: 'high' })
  console.log(JSON.stringify(handle), process.env.ONLY_IN_ENV_FILE)`

let workspace: BuiltWorkspace

beforeAll(async () => {
  workspace = await buildWorkspace({
    jobs: [{ name: 'mail' }, { name: 'apart', isolation: 'process' }],
    sources: {
      mail: "export function run(ctx) { ctx.log.info(['sent', ctx.args[0], ctx.env.ONLY_IN_ENV_FILE].join(' ')) }",
      apart: `import { enqueue } from 'webstir-jobs'
        export async function run(ctx) {
          const { id } = await ctx.enqueue('mail', ['from apart'], { runAt: new Date() })
          await enqueue('mail', ['from inside'])
          ctx.log.info('handed over ' + id)
        }`,
    },
    files: { '.env': 'ONLY_IN_ENV_FILE=yes\n', 'script.mjs': SCRIPT },
  })
})

describe('work that is handed over', () => {
  it('is run by a scheduler that watches, whichever process enqueued it', async () => {
    const script = await runNode([workspace.path('script.mjs')], { cwd: workspace.root })
    expect(script).toMatchObject({ code: 0, stderr: '' })
    expect(script.stdout).toMatch(/^\{"id":"[\da-f-]{36}","enqueued":true\} undefined\n$/)
    const command = ['enqueue', 'MAIL', '--args', '"from the shell"', '--json', '--workspace', workspace.root]
    const cli = await runCli(command)
    expect(JSON.parse(cli.stdout)).toEqual({ id: expect.any(String), enqueued: true })
    await runCli(['enqueue', 'apart', '--workspace', workspace.root])
    expect((await workspace.history()).map(({ status }) => status)).toEqual(['QUEUED', 'QUEUED', 'QUEUED'])

    const watching = workspace.start(['--watch'])
    await watching.logged(/sent from a script yes/)
    await watching.logged(/sent from the shell yes/)
    await watching.logged(/sent from apart yes/)
    await watching.logged(/sent from inside yes/)
    const later = performance.now()
    await runCli(['enqueue', 'mail', '--args', '"while it watches"', '--workspace', workspace.root])
    await watching.logged(/sent while it watches yes/)
    expect(performance.now() - later).toBeLessThan(10_000)
    const rows = await untilEnded(() => workspace.history())
    await watching.stop()

    expect(rows.every(({ status }) => status === 'SUCCESS')).toBe(true)
    expect(rows.map(({ job, trigger }) => `${job} ${trigger}`).sort()).toEqual([
      'apart enqueue',
      ...Array(5).fill('mail enqueue'),
    ])
  })

  it('is refused from the shell with what is wrong and what to do', async () => {
    const unknown = await runCli(['enqueue', 'mial', '--workspace', workspace.root])
    const delay = await runCli(['enqueue', 'mail', '--delay', 'soon', '--workspace', workspace.root])

    expect([unknown.code, delay.code]).toEqual([1, 1])
    expect(unknown.stderr).toContain('there is no job "mial"')
    expect(unknown.stderr).toContain('did you mean "mail"?')
    expect(delay.stderr).toContain(`enqueue of job "mail": delay "soon" can't be used`)
  })
})
