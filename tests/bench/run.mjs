// npm run bench -- startup build schedule durable
//
// Compiles the benchmarks named (all of them by default) to a temporary folder and runs one after the other, each in a
// process of its own. A benchmark is tests/bench/NAME.ts and exports `bench()`, which prints a table.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const folder = dirname(fileURLToPath(import.meta.url))
const root = join(folder, '..', '..')
const NAMES = ['startup', 'build', 'schedule', 'durable', 'queue']
/** What benchmarks run as processes of their own. */
const PROCESSES = ['rate-process']
/** Benchmarks that run what is in dist/. */
const OF_DIST = new Set(['startup', 'build', 'durable'])
/** Benchmarks beside packages that are not the project's own: tests/bench/package.json. */
const WITH_PEERS = new Set(['schedule', 'durable'])

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !NAMES.includes(name))
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown.join('", "')}". There are: ${NAMES.join(', ')}`)
  process.exit(2)
}
const names = asked.length === 0 ? NAMES : asked

if (names.some((name) => OF_DIST.has(name)) && !existsSync(join(root, 'dist', 'cli', 'bin.js'))) {
  run(process.execPath, [join(root, 'scripts', 'build.mjs'), '--no-types'], root)
}
if (names.some((name) => WITH_PEERS.has(name)) && !existsSync(join(folder, 'node_modules'))) {
  console.log('Installing the peers of the benchmarks into tests/bench/node_modules ...')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], folder)
}

// Inside the project, so that packages are found from there.
const out = await mkdtemp(join(folder, '.out-'))
let code = 0
try {
  if (existsSync(join(folder, 'node_modules'))) await symlink(join(folder, 'node_modules'), join(out, 'node_modules'))
  await build({
    entryPoints: [...names, ...PROCESSES].map((name) => join(folder, `${name}.ts`)),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
    define: {
      WEBSTIR_JOBS_VERSION: '"bench"',
      'import.meta.dirname': JSON.stringify(folder),
    },
  })
  for (const name of names) {
    const url = pathToFileURL(join(out, `${name}.mjs`)).href
    console.log(`\n== ${name} ==  Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`)
    const flags = ['--expose-gc', '--input-type=module']
    const { status } = spawnSync(process.execPath, [...flags, '-e', `await (await import('${url}')).bench()`], {
      stdio: 'inherit',
    })
    if (status !== 0) code = 1
  }
} finally {
  await rm(out, { recursive: true, force: true })
}
process.exitCode = code

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
