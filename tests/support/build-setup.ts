import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..', '..')
const SOURCES = ['cli', 'runtime', 'scripts', 'package.json']

/** Builds dist/ once before the tests, where it is missing or older than the sources. */
export default async function setup(): Promise<void> {
  if (await isFresh()) return
  await promisify(execFile)(process.execPath, ['scripts/build.mjs'], { cwd: root })
}

async function isFresh(): Promise<boolean> {
  let built: number
  try {
    built = statSync(join(root, 'dist', 'cli', 'bin.js')).mtimeMs
  } catch {
    return false
  }
  for (const source of SOURCES) {
    const path = join(root, source)
    const files = statSync(path).isDirectory() ? await readdir(path, { recursive: true }) : ['']
    if (files.some((file) => statSync(join(path, file)).mtimeMs > built)) return false
  }
  return true
}
