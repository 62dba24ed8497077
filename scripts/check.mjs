// Everything that can be said of the code without running it. All checks run, even when one fails.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = (name) => join(root, 'node_modules', '.bin', name)

const CHECKS = [
  ['formatting and lint (Biome)', bin('biome'), ['check', '--error-on-warnings', '.']],
  // Before the types: the templates import the package by its name, and so find what is built.
  ['build', process.execPath, ['scripts/build.mjs']],
  ['types (tsc)', bin('tsc'), ['-p', '.']],
  ['imports point down, no circles', process.execPath, ['scripts/check-imports.mjs']],
  ...['commands', 'manifest', 'errors'].map((page) => [
    `docs/${page}.md is current`,
    process.execPath,
    [`scripts/docs-${page}.mjs`, '--check'],
  ]),
  ['no file is too long', process.execPath, ['scripts/check-size.mjs']],
  ['nothing unused (knip)', bin('knip'), []],
  ['the package as published (publint, attw)', process.execPath, ['scripts/check-package.mjs']],
]

const failed = CHECKS.filter(([title, command, args]) => {
  const started = performance.now()
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  const isGood = status === 0
  console.log(`${isGood ? 'ok    ' : 'FAILED'} ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  for (const note of stdout?.match(/^not run: .*$/gm) ?? []) console.log(`       ${note}`)
  if (!isGood) console.log(`${stdout ?? ''}${stderr ?? ''}${error ?? ''}`)
  return !isGood
})

if (failed.length > 0) {
  console.log(`\n${failed.length} of ${CHECKS.length} checks failed: ${failed.map(([title]) => title).join('; ')}`)
  process.exit(1)
}
