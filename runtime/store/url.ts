import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Env } from '../support/env.ts'
import { StoreError } from './errors.ts'

/** Where a store is, resolved. */
export type StoreLocation =
  | { readonly dialect: 'memory'; readonly target: null; readonly shown: string }
  /** `path` is absolute. */
  | { readonly dialect: 'sqlite'; readonly path: string; readonly target: string; readonly shown: string }
  /** `shown` has no password. */
  | { readonly dialect: 'postgres'; readonly target: string; readonly shown: string }

const DEFAULT = 'file:./data/jobs.sqlite'
const HINT =
  'use file:./data/jobs.sqlite (SQLite), postgres://user:password@host:5432/database (PostgreSQL) or memory: (keeps nothing)'

/**
 * The store's URL: the one given, else JOBS_STORE_URL, else DATABASE_URL where that is PostgreSQL, else
 * `file:./data/jobs.sqlite`. Relative paths are relative to `workspace`. Throws StoreError STORE_URL.
 */
export function locateStore(
  url: string | undefined,
  { env = {}, workspace = '.' }: { env?: Env; workspace?: string } = {},
): StoreLocation {
  if (url !== undefined && url !== '') return parse(url, workspace, 'the store URL')
  const { name, value } = fromEnv(env)
  return parse(value, workspace, name)
}

/** The store's URL as the environment has it, unresolved: what a child process gets. May hold a password. */
export function storeUrl(env: Env): string {
  return fromEnv(env).value
}

function fromEnv(env: Env): { name: string; value: string } {
  const { JOBS_STORE_URL: own, DATABASE_URL: shared } = env
  if (own !== undefined && own !== '') return { name: 'JOBS_STORE_URL', value: own }
  if (shared !== undefined && isPostgres(shared)) return { name: 'DATABASE_URL', value: shared }
  return { name: 'the store URL', value: DEFAULT }
}

function parse(url: string, workspace: string, origin: string): StoreLocation {
  if (url === 'memory:' || url === 'memory' || url === ':memory:' || url === 'file::memory:') {
    return { dialect: 'memory', target: null, shown: 'memory:' }
  }
  if (isPostgres(url)) return { dialect: 'postgres', target: url, shown: withoutPassword(url, origin) }
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme !== undefined && scheme !== 'file' && scheme !== 'sqlite') {
    throw new StoreError('STORE_URL', `${origin} has the scheme "${scheme}:", which is not a store's`, { hint: HINT })
  }
  const path = pathOf(url, workspace, origin)
  return { dialect: 'sqlite', path, target: `file:${path}`, shown: `file:${path}` }
}

function pathOf(url: string, workspace: string, origin: string): string {
  if (/^file:\/\/\//i.test(url)) {
    try {
      return fileURLToPath(url)
    } catch (cause) {
      throw new StoreError('STORE_URL', `${origin} ("${url}") can't be read as a file URL`, { hint: HINT, cause })
    }
  }
  const path = url.replace(/^(file|sqlite):(\/\/(?!\/))?/i, '').replace(/\?.*$/, '')
  if (path === '') throw new StoreError('STORE_URL', `${origin} ("${url}") names no file`, { hint: HINT })
  if (path.includes('\0')) throw new StoreError('STORE_URL', `${origin} has a NUL byte in it`, { hint: HINT })
  if (path.startsWith('~/')) return join(homedir(), path.slice(2))
  return isAbsolute(path) ? path : resolve(workspace, path)
}

const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//i.test(url)

function withoutPassword(url: string, origin: string): string {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    // The text may hold a password, so it isn't shown.
    throw new StoreError('STORE_URL', `${origin} can't be read as a URL`, {
      hint: 'percent-encode what is special in the password: "@" is %40, "/" is %2F, "#" is %23',
    })
  }
  parsed.password = ''
  parsed.searchParams.delete('password')
  return parsed.href
}
