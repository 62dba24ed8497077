import { readdirSync, statSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { type BuiltWorkspace, buildWorkspace, type HistoryRow } from '../support/built.ts'
import { runCli, runNode } from '../support/workspace.ts'

const THROWS = `import { fail } from '../../../lib/fail'
interface Options { readonly deep: boolean }

export async function run(): Promise<void> {
  const options: Options = { deep: true }
  fail(options.deep)
}
`
const FAIL = `export type Reason = { readonly text: string }

export function fail(isDeep: boolean): never {
  const cause = new TypeError('the cause')
  throw new Error(\`it fails, \${isDeep}\`, { cause })
}
`
const LOGS = `import type { JobContext } from 'webstir-jobs'
import { fail } from '../../../lib/fail'

export async function run(ctx: JobContext): Promise<void> {
  try { fail(true) } catch (err) { ctx.log.error({ err }, 'caught') }
  console.error(Object.assign(new Error('printed'), { own: 'property' }))
  void Promise.reject(new Error('stray'))
  await new Promise((done) => setTimeout(done, 20))
}
`
/** Of which the source map has more than 1 MB. */
const LARGE = Array.from(
  { length: 30_000 },
  (_, at) => `export function f${at}(n: number): number { return n + ${at} }`,
)

type Row = HistoryRow & { readonly error: { readonly stack: string } | null }

async function stackOf(workspace: BuiltWorkspace, job: string): Promise<string> {
  const ran = await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--job', job])
  expect(ran.code, ran.stdout).toBe(1)
  const rows = (await workspace.history()) as readonly Row[]
  const stack = rows.find((row) => row.job === job)?.error?.stack ?? ''
  const [logged] = ran.stdout.split('\n').flatMap((line) => (line.includes('"stack"') ? [JSON.parse(line)] : []))
  expect(logged.err.stack).toContain(stack.split('\n')[1])
  return stack
}

describe('the stack of what a job throws', () => {
  let workspace: BuiltWorkspace
  beforeAll(async () => {
    workspace = await buildWorkspace({
      jobs: [
        { name: 'throws' },
        { name: 'isolated', isolation: 'process' },
        { name: 'large' },
        { name: 'logs' },
        { name: 'logs-isolated', isolation: 'process' },
        { name: 'slow', timeout: '100ms' },
      ],
      sources: {
        throws: THROWS,
        isolated: THROWS,
        logs: LOGS,
        'logs-isolated': LOGS,
        slow: `export const run = () => new Promise((done) => setTimeout(done, 3000))\n`,
        large: `import * as all from '../../../lib/large'\n${THROWS.replace('fail(options', 'console.log(Object.keys(all).length); fail(options')}`,
      },
      files: { 'src/lib/fail.ts': FAIL, 'src/lib/large.ts': LARGE.join('\n') },
    })
  })

  it.each(['throws', 'isolated', 'large'])('points at the sources alone (%s)', async (job) => {
    const stack = await stackOf(workspace, job)
    const line = job === 'large' ? 7 : 6
    expect(stack.split('\n').map((each) => each.trim())).toEqual([
      'Error: it fails, true',
      'at fail (src/lib/fail.ts:5:9)',
      expect.stringMatching(
        new RegExp(`^at (?:Object\\.|Module\\.)?run \\(src/backend/jobs/${job}/index\\.ts:${line}:\\d+\\)$`),
      ),
      'caused by TypeError: the cause',
      'at fail (src/lib/fail.ts:4:17)',
      expect.stringContaining(`src/backend/jobs/${job}/index.ts:${line}:`),
    ])
  })

  it.each(['logs', 'logs-isolated'])('points there in lines of the log as well (%s)', async (job) => {
    const ran = await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--job', job])
    const lines = ran.stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
    const place = (row: number) => new RegExp(`at run \\(src/backend/jobs/${job}/index\\.ts:${row}:\\d+\\)`)
    const [caught, printed, stray] = lines
    expect(caught.err.stack).toMatch(/at fail \(src\/lib\/fail\.ts:5:9\)/)
    expect(printed.msg).toMatch(place(6))
    expect(stray).toMatchObject({ msg: expect.stringContaining('nothing handled it') })
    expect(stray.err.stack).toMatch(place(7))
    expect(ran.stdout).not.toContain('.js:')
  })

  it('of a job that took too long has none of our own frames', async () => {
    const ran = await runNode([workspace.path('build/backend/jobs/scheduler.js'), '--job', 'slow'])
    expect(ran.stdout).toContain('"stack":"AbortedError: it took longer than its timeout of 0.1 s"')
  })

  it('needs maps that hold no sources, and one that is large', () => {
    const map = workspace.read('build/backend/jobs/large/index.js.map')
    expect(map).not.toContain('"sourcesContent"')
    expect(statSync(workspace.path('build/backend/jobs/large/index.js.map')).size).toBeGreaterThan(1024 * 1024)
  })

  it('is that of the build where source maps are turned off', async () => {
    const { webstir, ...rest } = JSON.parse(workspace.read('package.json'))
    const text = JSON.stringify({ ...rest, webstir: { ...webstir, build: { sourceMaps: false } } })
    workspace.write('package.json', text)
    expect(await runCli(['build', '--no-typecheck'], { cwd: workspace.root })).toMatchObject({ code: 0 })
    const files = readdirSync(workspace.path('build/backend'), { recursive: true }).map(String)
    expect(files.filter((name) => name.endsWith('.map') && !name.startsWith('chunks'))).toEqual([])
    expect(await stackOf(workspace, 'throws')).toContain('build/backend/')
  })
})
