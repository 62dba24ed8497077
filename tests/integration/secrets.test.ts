import { expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { runCli } from '../support/workspace.ts'

const SECRET = 'hunter2'

/** Lets a secret out on every way that there is. */
const LEAKY = `
  export async function run(ctx) {
    const password = '${SECRET}'
    console.log({ password, user: 'ada' })
    console.error('connecting to postgres://ada:${SECRET}@db.test/shop?sslpassword=${SECRET}')
    ctx.log.info({ request: { headers: { Authorization: 'Bearer ${SECRET}' } }, iban: '${SECRET}' }, 'access_token=${SECRET}')
    ctx.progress(50, 'with apiKey: ${SECRET}')
    Promise.reject(new Error('client_secret=${SECRET} was refused'))
    const error = new Error('GET https://api.test/?token=${SECRET} failed', { cause: new Error('password: ${SECRET}') })
    throw Object.assign(error, { status: 502, iban: '${SECRET}', config: { headers: { authorization: 'Basic ${SECRET}' } } })
  }`

it.each(['inline', 'process'] as const)(
  'shows no secret in logs, errors, history and arguments (isolation: %s)',
  async (isolation) => {
    const workspace = await buildWorkspace({
      jobs: [{ name: 'leaky', isolation, args: [{ dbPassword: SECRET, limit: 5 }] }],
      sources: { leaky: LEAKY },
      settings: { redact: ['iban'] },
    })

    const run = await workspace.scheduler(['--job', 'leaky'])
    const history = await workspace.scheduler(['--history', '--json'])
    const logs = await runCli(['job-logs', 'leaky', '--json'], { cwd: workspace.root })
    const list = await workspace.scheduler(['--list', '--json'])

    expect(run.code).toBe(1)
    for (const { stdout, stderr } of [run, history, logs, list]) expect(stdout + stderr).not.toContain(SECRET)
    expect(run.stdout).toContain('"authorization":"[Redacted]"')
    expect(run.stdout).toContain('"status":502,"iban":"[Redacted]"')
    expect(logs.stdout).toContain("user: 'ada'")
    expect(JSON.parse(history.stdout)).toMatchObject([
      {
        args: [{ dbPassword: '[Redacted]', limit: 5 }],
        error: { message: 'GET https://api.test/?token=[Redacted] failed' },
      },
    ])
  },
)
