import { readFileSync, readlinkSync } from 'node:fs'

/** What tells a process from every other one, also from a later one with the same process id. */
export interface ProcessIdentity {
  /** Of the machine since it was started last. */
  readonly bootId: string
  /** Where its process id counts, and where its start time does. */
  readonly pidNamespace: string
  /** In ticks since the machine was started, as the kernel says it. */
  readonly startedAt: string
}

let own: ProcessIdentity | null | undefined

/** This process's identity; null where the system doesn't tell (it needs Linux's /proc). */
export function ownIdentity(): ProcessIdentity | null {
  own ??= readOwn()
  return own
}

/**
 * True only where it is certain that a process has ended: it is of this machine, its process id counts here, and that id
 * is free, belongs to a process that started at another time, or to one that is dead and not yet reaped. False for
 * everything else, a process that can't be looked at included.
 */
export function hasEnded(pid: number, identity: ProcessIdentity | null): boolean {
  const here = ownIdentity()
  if (here === null || identity === null) return false
  if (identity.bootId !== here.bootId || identity.pidNamespace !== here.pidNamespace) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return true
  }
  const stat = readStat(String(pid))
  return stat !== null && (stat.startedAt !== identity.startedAt || stat.state === 'Z' || stat.state === 'X')
}

function readOwn(): ProcessIdentity | null {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readStat('self')
    if (stat === null || bootId === '') return null
    // Start times are told in the reader's own time namespace.
    return { bootId, pidNamespace: namespaceOf('pid') + timeNamespace(), startedAt: stat.startedAt }
  } catch {
    return null
  }
}

const namespaceOf = (kind: string): string => readlinkSync(`/proc/self/ns/${kind}`)

function timeNamespace(): string {
  try {
    return ` ${namespaceOf('time')}`
  } catch {
    // A kernel without them.
    return ''
  }
}

/** Of /proc/PID/stat: what follows the name, which is in brackets and may hold anything. */
function readStat(pid: string): { readonly state: string; readonly startedAt: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    const startedAt = fields[19]
    return state === undefined || startedAt === undefined || startedAt === '' ? null : { state, startedAt }
  } catch {
    return null
  }
}
