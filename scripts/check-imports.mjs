// Holds the imports between folders to the one direction that docs/architecture.md draws, and finds circles.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** From the top down: a folder may import what is below it, never what is above. */
const LAYERS = [
  'cli',
  'runtime/entry',
  'runtime/index.ts',
  'runtime/next',
  'runtime/testing',
  'runtime/server',
  'runtime/operations',
  'runtime/client',
  'runtime/scheduler',
  'runtime/workspace',
  'runtime/engine',
  'runtime/worker',
  'runtime/job',
  'runtime/store',
  'runtime/manifest',
  'runtime/logging',
  'runtime/schedule',
  'runtime/support',
]
/** The schedule folder is pure: beside its own files it may know the error family, and nothing else of the project. */
const PURE = { folder: 'runtime/schedule', allowed: ['runtime/support/errors.ts', 'runtime/support/suggest.ts'] }

const files = ['cli', 'runtime'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
)
const imports = new Map(files.map((file) => [file, importsOf(file)]))
const faults = [...wrongWay(), ...impure(), ...circles()]

for (const fault of faults) console.error(fault)
console.log(
  `${files.length} files, ${faults.length === 0 ? 'every import points down, no circles' : `${faults.length} faults`}`,
)
process.exit(faults.length === 0 ? 0 : 1)

/** Static and dynamic imports, those of types included: a dependency of words is a dependency. */
function importsOf(file) {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)|(?:^|\n)import\s+'(\.[^']+)'/g,
  )
  return [...found].map(([, from, dynamic, bare]) => {
    const target = relative(root, resolve(root, dirname(file), from ?? dynamic ?? bare))
    if (!existsSync(join(root, target))) faultyTarget(file, target)
    return target
  })
}

function faultyTarget(file, target) {
  console.error(`${file}: imports ${target}, which isn't there`)
  process.exitCode = 1
}

function layerOf(file) {
  return LAYERS.findIndex((layer) => file === layer || file.startsWith(`${layer}/`))
}

function* wrongWay() {
  for (const [file, targets] of imports) {
    for (const target of targets) {
      if (layerOf(target) < layerOf(file)) yield `${file}: imports ${target}, which is above it`
    }
  }
}

function* impure() {
  for (const [file, targets] of imports) {
    if (!file.startsWith(`${PURE.folder}/`)) continue
    for (const target of targets) {
      if (!target.startsWith(`${PURE.folder}/`) && !PURE.allowed.includes(target)) {
        yield `${file}: imports ${target}, but ${PURE.folder} imports nothing else`
      }
    }
  }
}

/** Circles among the imports that are there at run time as well as those of types. */
function* circles() {
  const done = new Set()
  const path = []
  const found = []
  const visit = (file) => {
    const at = path.indexOf(file)
    if (at >= 0) return void found.push([...path.slice(at), file])
    if (done.has(file)) return
    path.push(file)
    for (const target of imports.get(file) ?? []) visit(target)
    path.pop()
    done.add(file)
  }
  for (const file of imports.keys()) visit(file)
  for (const circle of found) yield `circle: ${circle.join(' -> ')}`
}
