import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The absolute path that a SQLite URL names, or `:memory:`. `file:PATH`, `file://PATH`, `sqlite:PATH` and a plain path
 * are relative to the workspace; `file:///PATH` and `~/PATH` are not. JOBS_STORE_URL is read in the same way.
 */
export function sqlitePath(url: string): string {
  if (['memory:', 'memory', ':memory:', 'file::memory:'].includes(url)) return ':memory:'
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme !== undefined && scheme !== 'file' && scheme !== 'sqlite') {
    throw new Error(`DATABASE_URL must begin with file: or postgres:, and is "${url.replace(/\/\/[^@/]*@/, '//')}"`)
  }
  if (/^file:\/\/\//i.test(url)) return fileURLToPath(url)
  const path = url.replace(/^(?:file|sqlite):(?:\/\/(?!\/))?/i, '').replace(/\?.*$/, '')
  if (path === '') throw new Error(`DATABASE_URL names no file, and is "${url}"`)
  if (path.startsWith('~/')) return join(homedir(), path.slice(2))
  return isAbsolute(path) ? path : resolve(workspaceRoot(), path)
}

/**
 * The folder that relative paths begin at: the one that the environment names, else the nearest above this file, built
 * or not, whose package.json has a "webstir" key. (A build has a package.json of its own.)
 */
function workspaceRoot(): string {
  const given = process.env.WORKSPACE_ROOT?.trim() || process.env.WEBSTIR_WORKSPACE_ROOT?.trim()
  if (given) return resolve(given)
  for (let folder = dirname(fileURLToPath(import.meta.url)); dirname(folder) !== folder; folder = dirname(folder)) {
    if (isWorkspace(join(folder, 'package.json'))) return folder
  }
  return process.cwd()
}

function isWorkspace(packageJson: string): boolean {
  if (!existsSync(packageJson)) return false
  try {
    const { webstir }: { webstir?: unknown } = JSON.parse(readFileSync(packageJson, 'utf8'))
    return typeof webstir === 'object' && webstir !== null
  } catch {
    return false
  }
}
