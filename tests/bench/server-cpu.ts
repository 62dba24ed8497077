import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'

/** A tick of the kernel's accounting, in µs: 100 a second on every Linux of today. */
const TICK = 10_000

/** Makes what tells the CPU time, in µs, that a PostgreSQL server on this machine has taken; NaN but on Linux. */
export async function serverCpu(url: string): Promise<() => number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const backend = statOf(String(rows[0]?.pid))
  await client.end()
  if (backend === undefined) return () => Number.NaN
  return () => {
    const server = statOf(String(backend.parent))
    // Of backends that ended, the server knows what they took.
    let ticks = server === undefined ? Number.NaN : server.own + server.ended
    for (const name of readdirSync('/proc')) {
      const stat = /^\d+$/.test(name) ? statOf(name) : undefined
      if (stat?.parent === backend.parent) ticks += stat.own
    }
    return ticks * TICK
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function statOf(pid: string): { parent: number; own: number; ended: number } | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // After the name, which may contain anything, the third field comes first.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const at = (field: number): number => Number(fields[field - 3])
  return { parent: at(4), own: at(14) + at(15), ended: at(16) + at(17) }
}
