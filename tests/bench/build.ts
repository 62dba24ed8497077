/*
 * `webstir build` beside esbuild's own API on the same entries, and a rebuild after one change beside a full build.
 * `npm run bench -- build`.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { against, medians, printTable, quantile, runNode } from './measure.ts'
import { type BenchWorkspace, inWorkspace, WEBSTIR } from './workspace.ts'

const RUNS = Number(process.env.BENCH_RUNS ?? 10)
const JOBS = 300
/** What the jobs share, so that there is something to split. */
const SHARED = `${Array.from({ length: 60 }, (_, index) => `export const value${index} = () => ${index}`).join('\n')}\n`
const SOURCE = `import { value1, value2 } from '../../shared.ts'
interface Context { readonly job: string; readonly log: { info(text: string): void } }
export async function run(ctx: Context): Promise<void> {
  ctx.log.info(ctx.job + value1() + value2())
}
`

/** As a user would write it: a script with esbuild's own API, in a process of its own as the command is. */
const PLAIN = `import { build } from 'esbuild'
import { readdirSync } from 'node:fs'
const entryPoints = Object.fromEntries(readdirSync('src/backend/jobs').map((name) =>
  ['jobs/' + name + '/index', 'src/backend/jobs/' + name + '/index.ts']))
await build({ entryPoints, outdir: 'plain', bundle: true, splitting: true, format: 'esm', platform: 'node',
  target: 'node20.19', sourcemap: true, packages: 'external', chunkNames: 'chunks/[name]-[hash]' })
`

export async function bench(): Promise<void> {
  await inWorkspace(
    { jobs: JOBS, entry: () => ({ schedule: '0 0 * * *' }), source: SOURCE, build: false },
    async (workspace) => {
      writeFileSync(join(workspace.root, 'src', 'backend', 'shared.ts'), SHARED)
      writeFileSync(join(workspace.root, 'plain.mjs'), PLAIN)
      const build = join(workspace.root, 'build')
      const [plain = Number.NaN, ours = Number.NaN] = await medians(
        [
          {
            name: 'esbuild',
            prepare: () => rmSync(join(workspace.root, 'plain'), { recursive: true, force: true }),
            work: () => runNode(['plain.mjs'], {}, workspace.root),
          },
          {
            name: 'webstir',
            prepare: () => rmSync(build, { recursive: true, force: true }),
            work: () => runNode([WEBSTIR, 'build', '--no-typecheck', '--workspace', workspace.root]),
          },
        ],
        RUNS,
      )
      const rebuilds = await rebuild(workspace)
      console.log(`${JOBS} jobs, medians of ${RUNS} runs each, taking turns`)
      printTable(
        ['', 'ms', 'ratio', 'target', 'met'],
        [
          ["esbuild's own API", plain.toFixed(0), '1.00', '', ''],
          ['webstir build --no-typecheck', ours.toFixed(0), ...against(ours / plain, { atMost: 1.5 })],
          [
            'rebuild after one change, beside that build',
            rebuilds.toFixed(1),
            ...against(rebuilds / ours, { atMost: 0.1 }),
          ],
        ],
      )
    },
  )
}

/** From the change of a source to its built file, under `webstir build --watch`: the median, in ms. */
async function rebuild({ root }: BenchWorkspace): Promise<number> {
  const watcher = spawn(process.execPath, [WEBSTIR, 'build', '--watch', '--no-typecheck', '--workspace', root], {
    stdio: 'ignore',
  })
  try {
    const times: number[] = []
    const built = join(root, 'build', 'backend', 'jobs', 'job-7', 'index.js')
    const source = join(root, 'src', 'backend', 'jobs', 'job-7', 'index.ts')
    mkdirSync(join(root, 'data'), { recursive: true })
    await sleep(4000)
    for (let run = 0; run < RUNS; run++) {
      const before = statSync(built).mtimeMs
      const begin = performance.now()
      writeFileSync(source, `${SOURCE}export const change = ${run}\n`)
      while (statSync(built, { throwIfNoEntry: false })?.mtimeMs === before) {
        if (performance.now() - begin > 20_000) throw new Error('no rebuild came')
        await sleep(1)
      }
      times.push(performance.now() - begin)
      await sleep(300)
    }
    return quantile(times, 0.5)
  } finally {
    watcher.kill('SIGTERM')
  }
}
