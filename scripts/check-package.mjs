// Packs the package as `npm publish` would, and checks the tarball: its manifest (publint), and that its types are found
// and right for every way to import it (attw). Run it after the build.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = (name) => join(root, 'node_modules', '.bin', name)

/** Runs a program, and ends with its output where it fails. */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return stdout
  console.log(`${command} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}${error ?? ''}`)
  process.exitCode = 1
  return ''
}

const folder = mkdtempSync(join(tmpdir(), 'webstir-pack-'))
try {
  const name = run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]).trim()
  const tarball = join(folder, name)
  if (name !== '') {
    run(bin('publint'), ['run', tarball, '--strict'])
    // It is an ES module alone: what CommonJS and the resolution of Node 10 find is not asked.
    if (existsSync(bin('attw'))) run(bin('attw'), [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji'])
    else if (process.env.CI) run(bin('attw'), [])
    else console.log('not run: attw, which is not installed here (npm install)')
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
