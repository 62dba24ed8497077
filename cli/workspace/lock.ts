import { closeSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Clock, sleep, systemClock } from '../../runtime/support/clock.ts'
import { CommandError } from '../command-line/errors.ts'
import { uniqueName } from './files.ts'

/*
 * Commands that change a workspace take turns: each holds the file `.webstir.lock` beside package.json while it reads,
 * edits and writes. It is created exclusively, names its holder (host, process, a random token) and is removed at
 * the end. A lock is stale when its process is gone (same host), or when it is older than STALE_AFTER: a change takes
 * milliseconds. Only one process may remove a stale lock: the one that creates, exclusively, the claim file named
 * after that lock's token, and then finds the same token still there.
 */

const NAME = '.webstir.lock'
/** Milliseconds. */
const STALE_AFTER = 30_000
const WAIT = 60_000
const LONGEST_PAUSE = 25

/** Runs `work` while no other command changes this workspace. Waits for its turn for at most a minute. */
export async function withWorkspaceLock<Result>(
  workspace: string,
  work: () => Result | Promise<Result>,
  clock: Clock = systemClock,
): Promise<Result> {
  const path = join(workspace, NAME)
  const token = uniqueName()
  const deadline = clock.now() + WAIT
  while (!create(path, { host: hostname(), pid: process.pid, token })) {
    if (clock.now() >= deadline) {
      throw new CommandError(
        'WORKSPACE_BUSY',
        `another command has been changing this workspace for a minute: ${path}`,
        {
          hint: 'wait for it; if nothing is running, delete that file',
        },
      )
    }
    if (!removeIfStale(path, clock.now())) await sleep(clock, 1 + Math.random() * LONGEST_PAUSE)
  }
  try {
    return await work()
  } finally {
    if (read(path)?.token === token) remove(path)
  }
}

interface Holder {
  readonly host: string
  readonly pid: number
  readonly token: string
}

/** False where the file is there already. */
function create(path: string, holder: Holder): boolean {
  let file: number
  try {
    file = openSync(path, 'wx')
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
  try {
    writeSync(file, JSON.stringify(holder))
  } finally {
    closeSync(file)
  }
  return true
}

function removeIfStale(path: string, now: number): boolean {
  const holder = read(path)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return true
  // A file without its text was just created, or its writer died in between: then only its age tells.
  const isGone = holder !== undefined && holder.host === hostname() && !isAlive(holder.pid)
  if (!isGone && now - stat.mtimeMs < STALE_AFTER) return false
  const claim = `${path}.${holder?.token ?? Math.floor(stat.mtimeMs)}`
  if (!create(claim, { host: hostname(), pid: process.pid, token: '' })) return false
  try {
    const unchanged = statSync(path, { throwIfNoEntry: false })?.mtimeMs === stat.mtimeMs
    if (unchanged && read(path)?.token === holder?.token) remove(path)
  } finally {
    remove(claim)
  }
  return true
}

function read(path: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    if (!('host' in value && 'pid' in value && 'token' in value)) return undefined
    return { host: String(value.host), pid: Number(value.pid), token: String(value.token) }
  } catch {
    return undefined
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** Signal 0 only asks; EPERM means that it exists and belongs to another user. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
