import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { build, history, objectWorkspace } from '../support/object-workspace.ts'
import { ROOT, runCli, runNode, type Workspace } from '../support/workspace.ts'

const HANDLER = `import { runBackgroundJob } from 'webstir-jobs'

export async function fetch(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  if (pathname === '/run') await runBackgroundJob('send', searchParams.get('to') ?? '')
  if (pathname === '/throw') throw new Error('a secret')
  if (pathname === '/nothing') return undefined as unknown as Response
  if (pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, 300))
  if (pathname === '/stream') return new Response(ReadableStream.from(['one ', 'two ', 'three'].map((text) => new TextEncoder().encode(text))))
  const headers = new Headers({ 'x-method': request.method })
  headers.append('set-cookie', 'a=1')
  headers.append('set-cookie', 'b=2')
  return new Response(\`\${pathname} \${request.headers.get('x-mine')} \${await request.text()}\`, { status: 201, headers })
}
`

const running = new Set<ChildProcess>()
afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL')
    await once(child, 'exit').catch(() => {})
  }
  running.clear()
})

/** Starts a server as a process, and waits until it says where it listens. */
async function start(file: string, args: readonly string[], cwd: string) {
  const child = spawn(process.execPath, [file, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const [, found] = /listening on (http:\/\/[^",\s]+)/.exec(output) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)))
  })
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    const exited = once(child, 'exit')
    child.kill(signal)
    const [code] = await exited
    running.delete(child)
    return code
  }
  const says = async (text: string): Promise<void> => {
    while (!output.includes(text)) await once(child.stdout, 'data')
  }
  return { url, stop, says, output: () => output }
}

describe('start-server', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await objectWorkspace([{ name: 'send' }, { name: 'tick', schedule: '* * * * * *' }], {
      'index.ts': HANDLER,
      'jobs/send/index.ts': `import type { JobContext } from 'webstir-jobs'\nexport async function run(ctx: JobContext): Promise<void> { ctx.log.info('sent to %s', ctx.args[0]) }\n`,
      'jobs/tick/index.ts': 'export async function run(): Promise<void> {}\n',
    })
  })
  const command = (...args: string[]) =>
    start(join(ROOT, 'dist/cli/bin.js'), ['start-server', '--port', '0', '--workspace', workspace.root, ...args], '/')

  it('builds where that is needed, serves the handler, runs the jobs, and stops both on one signal', async () => {
    const { url, stop, says } = await command()
    const response = await fetch(`${url}/hello?x=1`, { method: 'POST', body: 'a body', headers: { 'x-mine': 'yes' } })
    expect(response.status).toBe(201)
    expect(await response.text()).toBe('/hello yes a body')
    expect(response.headers.get('x-method')).toBe('POST')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await (await fetch(`${url}/stream`)).text()).toBe('one two three')
    const head = await fetch(`${url}/hello`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([201, ''])
    await says('[tick] succeeded')
    expect(await stop('SIGTERM')).toBe(0)
    const rows = await history(workspace, '--limit', '1000')
    expect(rows.filter(({ status }) => status === 'RUNNING' || status === 'QUEUED')).toEqual([])
  })

  it('runs a job for a request', async () => {
    const { url, stop } = await command('--without-bot')
    expect((await fetch(`${url}/run?to=ada`)).status).toBe(201)
    expect(await history(workspace, 'send', '--limit', '1')).toMatchObject([
      { status: 'SUCCESS', trigger: 'code', args: ['ada'] },
    ])
    expect(await stop('SIGINT')).toBe(0)
  })

  it('fires nothing without the bot', async () => {
    const { url, stop, output } = await command('--without-bot')
    await fetch(url)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await stop('SIGTERM')
    expect(output()).not.toContain('[tick]')
  })

  it('answers 500 for a handler that fails, with nothing of the cause, and goes on', async () => {
    const { url, stop, says, output } = await command('--without-bot')
    const failed = await fetch(`${url}/throw`)
    expect([failed.status, await failed.text()]).toEqual([500, 'Internal Server Error\n'])
    expect((await fetch(`${url}/nothing`)).status).toBe(500)
    await says('not a Response')
    expect(output()).toContain('a secret')
    expect((await fetch(`${url}/fine`)).status).toBe(201)
    await stop('SIGTERM')
  })

  it('lets a request that is under way end', async () => {
    const { url, stop } = await command('--without-bot')
    const answer = fetch(`${url}/slow`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const code = stop('SIGTERM')
    expect((await answer).status).toBe(201)
    expect(await code).toBe(0)
  })

  it('says what to do where the port is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    const address = blocker.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { code, stderr } = await runCli(['start-server', '--port', String(port), '--workspace', workspace.root])
    blocker.close()
    expect(code).toBe(1)
    expect(stderr).toContain(`Error: port ${port} of 127.0.0.1 is in use already\nHint: end what listens there`)
  })

  it('refuses a port that is none', async () => {
    const { code, stderr } = await runNode([workspace.path('build/backend/webstir/server.js'), '--port', '70000'])
    expect(code).toBe(2)
    expect(stderr).toContain('--port "70000" is not a port')
  })

  it('needs no CLI in production, and serves a default app', async () => {
    const app = await objectWorkspace([], {
      'index.ts': `class App { name = 'app'; fetch(request: Request): Response { return new Response(this.name + new URL(request.url).pathname) } }\nexport default new App()\n`,
    })
    await build(app)
    const { url, stop } = await start(app.path('build/backend/webstir/server.js'), ['--port=0'], '/')
    expect(await (await fetch(`${url}/x`)).text()).toBe('app/x')
    expect(await stop('SIGTERM')).toBe(0)
  })

  it('answers 404 where there is no handler', async () => {
    const bare = await objectWorkspace([], {})
    await build(bare, '--no-typecheck')
    const { url, stop } = await start(bare.path('build/backend/webstir/server.js'), ['--port=0'], '/')
    const response = await fetch(url)
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('src/backend/index.ts')])
    await stop('SIGTERM')
  })
})
