import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './postgres.ts'

export type PoolMode = 'transaction' | 'session'

/** A real PgBouncer in front of a server. */
export interface PgBouncer {
  /** The URL of a database of the server, through PgBouncer. */
  through(url: string): string
  stop(): Promise<void>
}

/** Why a test that needs PgBouncer is skipped here; null where it is installed. */
export function pgBouncerMissing(): string | null {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' })
    return null
  } catch {
    return 'pgbouncer is not installed (Debian: apt-get install pgbouncer)'
  }
}

/** `settings`: further lines of its configuration. */
export async function startPgBouncer(
  server: string,
  mode: PoolMode,
  settings: readonly string[] = [],
): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-pgbouncer-'))
  const { hostname, port, username, password } = new URL(server)
  const own = await freePort()
  const lines = [
    '[databases]',
    `* = host=${hostname} port=${port} user=${username} password=${password}`,
    '[pgbouncer]',
    `listen_addr = 127.0.0.1\nlisten_port = ${own}\nunix_socket_dir =\nauth_type = any`,
    `pool_mode = ${mode}`,
    ...settings,
  ]
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, `${lines.join('\n')}\n`)
  await chmod(folder, 0o755)
  // It refuses to run as root, like the server.
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {}
  const process_ = spawn('pgbouncer', [file], { ...user, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(process_, 'exit')
  let said = ''
  process_.stderr?.on('data', (text) => {
    said += String(text)
  })
  while (!(await answers(own))) {
    if (process_.exitCode !== null) throw new Error(`PgBouncer did not start:\n${said}`)
    await sleep(20)
  }
  return {
    through(url) {
      const proxied = new URL(url)
      proxied.port = String(own)
      return proxied.href
    },
    async stop() {
      process_.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const idOf = (flag: '-u' | '-g'): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
