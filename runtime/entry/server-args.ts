import { parseArgs } from 'node:util'
import { queuesIn, type WatchRole } from '../scheduler/watch-role.ts'
import type { Env } from '../support/env.ts'
import { messageOf } from '../support/errors.ts'
import { readGrace, UsageError } from './args.ts'

/** By default only this machine can connect: what jobs can do is not for the network. */
const HOST = '127.0.0.1'
const PORT = '3000'
const HIGHEST_PORT = 65_535

export interface ServerOptions {
  readonly port: number
  readonly host: string
  readonly withoutBot: boolean
  readonly role: WatchRole
  /** ms */
  readonly grace: number
}

/** Reads the port, the host and what the scheduler does; by default, PORT and HOST of the environment count. */
export function readServerOptions(argv: readonly string[], env: Env): ServerOptions {
  const values = parse(argv)
  const port = Number(values.port ?? (env.PORT || PORT))
  if (!Number.isInteger(port) || port < 0 || port > HIGHEST_PORT) {
    throw new UsageError('USAGE', `--port "${values.port ?? env.PORT}" is not a port`, {
      hint: `a whole number from 0 (any that is free) to ${HIGHEST_PORT}`,
    })
  }
  const grace = readGrace(values.grace)
  const role = {
    schedule: values['no-schedule'] !== true,
    work: values['no-work'] !== true,
    queues: queuesIn(values.queues),
  }
  return { port, host: values.host ?? (env.HOST || HOST), withoutBot: values['without-bot'] === true, role, grace }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        'without-bot': { type: 'boolean' },
        grace: { type: 'string' },
        queues: { type: 'string' },
        'no-schedule': { type: 'boolean' },
        'no-work': { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw new UsageError('USAGE', messageOf(error), {
      hint: 'use --port PORT, --host HOST, --without-bot, --queues LIST, --no-schedule, --no-work or --grace DURATION',
    })
  }
}
