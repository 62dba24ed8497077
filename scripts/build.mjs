// Builds the package into dist/: the runtime and the command line as bundles, and the types beside them.
//
// The runtime is bundled so that a built workspace needs no node_modules for it, and so that it starts fast: one
// file instead of hundreds. Only what is native or optional stays outside.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { colorsByRequest, requiredBuiltins, yargsParts } from './build-plugins.mjs'
import { publicTypes } from './public-types.mjs'
import { bundledPackages, licensesText } from './third-party-licenses.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const { version, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** CommonJS packages inside an ES bundle call `require` for Node's own modules. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);"

const leftOut = join(root, 'runtime', 'logging', 'pino-stubs.cjs')

const shared = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  chunkNames: '[name]-[hash]',
  minifyWhitespace: true,
  minifySyntax: true,
  // The licences go to THIRD_PARTY_LICENSES instead.
  legalComments: 'none',
  metafile: true,
  banner: { js: REQUIRE },
  external: ['libsql', 'pg', 'pg-native', 'pg-boss', 'esbuild', 'typescript'],
  define: { WEBSTIR_JOBS_VERSION: JSON.stringify(version) },
  // Its entry for Node is UMD, whose parts a bundler can't follow.
  alias: {
    'jsonc-parser': 'jsonc-parser/lib/esm/main.js',
    // Without its prefix, this one is pino's alone.
    ...Object.fromEntries(['sonic-boom', 'thread-stream', 'worker_threads'].map((name) => [name, leftOut])),
  },
  logLevel: 'warning',
}

/** What bin.js imports when it needs it (the commands, help) are files of their own, at the same place in dist/cli. */
const lazyFiles = {
  name: 'lazy-files',
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\// }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import') return
      if (/[\\/]cli[\\/](main|registry[\\/].*)\.ts$/.test(importer)) {
        return { path: path.replace(/^\.{1,2}\//, './').replace(/\.ts$/, '.js'), external: true }
      }
      const late = LATE_IN_BUILD.find((name) => path.endsWith(`/${basename(name)}.ts`))
      if (late !== undefined) return { path: `../${late}.js`, external: true }
    })
  },
}

/**
 * yargs asks for the width of the terminal as soon as it is loaded; we tell it. In the commands that stand alone there is
 * no `process.stdout` therefore: they print through their Output.
 */
const widthByRequest = { 'process.stdout': 'null', 'process.stdout.columns': 'undefined' }

const forCommandLine = { alias: { ...shared.alias, 'string-width': './cli/command-line/string-width.ts' } }

/** Entry points of dist/runtime: name in dist -> source. */
const RUNTIME = {
  index: 'runtime/index.ts',
  testing: 'runtime/testing/index.ts',
  next: 'runtime/next/index.ts',
  child: 'runtime/entry/child.ts',
  server: 'runtime/entry/server.ts',
  repl: 'runtime/entry/repl.ts',
  watch: 'runtime/entry/watch.ts',
  inspect: 'runtime/entry/inspect.ts',
  'code-schedules': 'runtime/workspace/code-schedules.ts',
  'job-module': 'runtime/job/job-module.ts',
  'parse-manifest': 'runtime/manifest/parse/parse-manifest.ts',
  compile: 'runtime/store/migrations/compile.ts',
  'json-syntax-error': 'runtime/manifest/json-syntax-error.ts',
  'env-files': 'runtime/support/env-files.ts',
}
/** Those that stay small: they are loaded where little else is. */
const SMALL = { schedule: 'runtime/schedule/index.ts' }
/**
 * One file each, with all that it needs: the scheduler's own, what makes a listing, what runs a job, what each job's
 * module takes along, and the threads.
 */
const ALONE_AT_START = {
  scheduler: 'runtime/entry/scheduler.ts',
  list: 'runtime/entry/list.ts',
  run: 'runtime/entry/run.ts',
  direct: 'runtime/entry/direct.ts',
  heartbeat: 'runtime/entry/heartbeat.ts',
  'heartbeat-connection': 'runtime/store/heartbeat-connection.ts',
  watchdog: 'runtime/entry/watchdog.ts',
  'source-map-thread': 'runtime/entry/source-map-thread.ts',
}

/**
 * Whatever is loaded besides the small files needs most of the runtime, so that all of it may as well be one file:
 * each entry, and each module that is imported late, is made to need the whole of core.ts. esbuild then puts that
 * into a single chunk instead of dozens, each of which costs a start about a millisecond (`npm run bench -- startup`).
 */
const oneCore = {
  name: 'one-core',
  setup(build) {
    const core = JSON.stringify(join(root, 'runtime', 'entry', 'runtime-bundle.ts'))
    build.onResolve({ filter: /\.ts$/ }, ({ path, kind, resolveDir, namespace }) => {
      if (namespace === 'with-core' || !['dynamic-import', 'entry-point'].includes(kind)) return
      if (Object.values(SMALL).includes(path)) return
      return { path: resolve(resolveDir, path), namespace: 'with-core' }
    })
    build.onLoad({ filter: /.*/, namespace: 'with-core' }, ({ path }) => ({
      // The condition never holds; it keeps the core from being dropped as unused.
      contents: `export * from ${JSON.stringify(path)}
        import * as core from ${core}
        if (process.argv.length < 0) console.log(core)`,
      resolveDir: root,
    }))
  },
}

/**
 * Where a file that stands alone imports another one late, that is left as it is: the other is at the same place, or,
 * as the scheduler's own file will stand among the jobs, in the folder `webstir` beside that. What opens a store is part
 * of the file, as far as every store needs it, and so is what runs a job in the file that does.
 */
const lateFiles = {
  name: 'late-files',
  setup(build) {
    const [entry] = Object.keys(build.initialOptions.entryPoints)
    const folder = entry === 'scheduler' ? '../webstir' : '.'
    build.onResolve({ filter: /^\.{1,2}\// }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import') return
      const name = basename(path, '.ts')
      if (importer.includes('/store/') && name !== 'compile') return
      if (entry === 'run' && ['code-schedules', 'job-module'].includes(name)) return
      if (!(name in RUNTIME) && !(name in ALONE_AT_START))
        return { errors: [{ text: `${path} is imported late by the scheduler: name it in RUNTIME` }] }
      return { path: `${folder}/${name}.js`, external: true }
    })
  },
}

function runtime(outdir) {
  const alone = { ...shared, outdir, splitting: false, plugins: [requiredBuiltins, lateFiles] }
  return Promise.all([
    build({ ...shared, entryPoints: { ...RUNTIME, ...SMALL }, outdir, plugins: [requiredBuiltins, oneCore] }),
    ...Object.entries(ALONE_AT_START).map(([name, file]) => build({ ...alone, entryPoints: { [name]: file } })),
  ])
}

/**
 * The parts of dist/cli that must start fast are one file each, as every further file costs Node about a millisecond
 * (`npm run bench -- startup`):
 * `bin.js` and what is not among the others. The rest shares its code in chunks.
 */
const ALONE = ['command-line/help', 'commands/add-job', 'commands/build', 'commands/init', 'commands/remove-job']
/** What `commands/build` loads while the bundler is at work, or only where it is asked for. */
const LATE_IN_BUILD = ['bundler/watch/watch', 'bundler/workspace-manifest']
const sources = (names) => Object.fromEntries(names.map((name) => [name, `cli/${name}.ts`]))
const otherCommands = readdirSync(join(root, 'cli', 'commands'))
  .map((file) => `commands/${file.replace(/\.ts$/, '')}`)
  .filter((name) => !ALONE.includes(name))

function commandLine(outdir) {
  const options = { ...shared, ...forCommandLine, outdir }
  const plugins = [requiredBuiltins, yargsParts, colorsByRequest]
  const alone = { ...options, splitting: false }
  return Promise.all([
    build({ ...alone, entryPoints: sources(['bin']), plugins: [...plugins, lazyFiles] }),
    build({
      ...alone,
      entryPoints: sources(ALONE),
      plugins: [...plugins, lazyFiles],
      define: { ...shared.define, ...widthByRequest },
    }),
    build({ ...alone, entryPoints: sources(LATE_IN_BUILD), plugins }),
    build({ ...options, entryPoints: sources(['index', ...otherCommands]), plugins }),
  ])
}

/** Built beside the old one and put in its place at the end: a process that runs the old one meanwhile finds all of it. */
const made = join(root, `.dist-${process.pid}`)
const old = join(root, `.dist-old-${process.pid}`)

/** Published are the declarations that the entry points reach; the compiler emits those of every file. */
async function types() {
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const emitted = join(made, 'emitted')
  try {
    await promisify(execFile)(tsc, ['-p', 'tsconfig.build.json', '--outDir', emitted], { cwd: root })
  } catch (error) {
    throw new Error(`The types could not be built:\n${error.stdout || error.message}`)
  }
  const entries = Object.values(exports).flatMap((entry) => entry.types ?? [])
  const { files } = publicTypes(
    emitted,
    entries.map((entry) => relative('dist/types', entry)),
  )
  for (const [name, text] of files) {
    await mkdir(dirname(join(made, 'types', name)), { recursive: true })
    await writeFile(join(made, 'types', name), text)
  }
  await rm(emitted, { recursive: true })
}

try {
  const [runtimeParts, commandLineParts] = await Promise.all([
    runtime(join(made, 'runtime')),
    commandLine(join(made, 'cli')),
    types(),
  ])
  const metafiles = [...runtimeParts, ...commandLineParts].map(({ metafile }) => metafile)
  await writeFile(join(made, 'THIRD_PARTY_LICENSES'), licensesText(root, bundledPackages(metafiles)))
  if (existsSync(join(root, 'dist'))) await rename(join(root, 'dist'), old)
  await rename(made, join(root, 'dist'))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await Promise.all([made, old].map((folder) => rm(folder, { recursive: true, force: true })))
}
