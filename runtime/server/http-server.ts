import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from '../logging/logger.ts'
import { type Clock, sleep } from '../support/clock.ts'
import { JobsError, messageOf } from '../support/errors.ts'
import { answer, type Route } from './router.ts'
import { sendResponse, webRequest } from './web-adapter.ts'

export interface HttpServerOptions {
  /** 0: one that is free. */
  readonly port: number
  readonly host: string
  /** Asked in this order. */
  readonly routes: readonly Route[]
  readonly log: Logger
  readonly clock: Clock
}

export interface HttpServer {
  /** Where it listens: `http://127.0.0.1:3000`. */
  readonly url: string
  /** Takes no more requests, and waits up to `grace` ms for those under way; then ends their connections. */
  close(grace: number): Promise<void>
}

/** Listens. Throws a JobsError: PORT_IN_USE, PORT_FORBIDDEN, HOST_UNKNOWN. */
export async function openHttpServer({ port, host, routes, log, clock }: HttpServerOptions): Promise<HttpServer> {
  const server = createServer((incoming, outgoing) => {
    void respond(incoming, outgoing, routes, log)
  })
  await listen(server, port, host)
  return {
    url: urlOf(server, host),
    async close(grace) {
      const timeout = new AbortController()
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          timeout.abort()
          resolve()
        })
      })
      server.closeIdleConnections()
      await Promise.race([closed, sleep(clock, grace, timeout.signal)])
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)))
    server.listen(port, host, () => resolve())
  })
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  const known = {
    EADDRINUSE: [
      'PORT_IN_USE',
      `port ${port} of ${host} is in use already`,
      'end what listens there, or take another one: --port PORT',
    ],
    EACCES: [
      'PORT_FORBIDDEN',
      `port ${port} of ${host} may not be used by this user`,
      'take one above 1023: --port PORT',
    ],
    ENOTFOUND: [
      'HOST_UNKNOWN',
      `"${host}" is not an address of this machine`,
      'use --host 127.0.0.1, or --host 0.0.0.0 for all',
    ],
    EADDRNOTAVAIL: [
      'HOST_UNKNOWN',
      `"${host}" is not an address of this machine`,
      'such as --host 127.0.0.1, or 0.0.0.0 for all',
    ],
  } as const
  const code = error.code ?? ''
  if (!isKnown(code, known)) return error
  const [name, message, hint] = known[code]
  return new JobsError(name, message, { hint, cause: error })
}

function isKnown<Table extends object>(key: PropertyKey, table: Table): key is keyof Table {
  return Object.hasOwn(table, key)
}

function urlOf(server: Server, host: string): string {
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  routes: readonly Route[],
  log: Logger,
): Promise<void> {
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  const request = readRequest(incoming, gone.signal)
  if (request === null) return refuse(outgoing, 400, 'Bad Request')
  try {
    await sendResponse(await answer(routes, request), outgoing, request.method !== 'HEAD')
  } catch (error) {
    if (outgoing.destroyed) return
    log.error({ err: error }, `${request.method} ${new URL(request.url).pathname} failed: ${messageOf(error)}`)
    refuse(outgoing, 500, 'Internal Server Error')
  }
}

function readRequest(incoming: IncomingMessage, signal: AbortSignal): Request | null {
  try {
    return webRequest(incoming, signal)
  } catch {
    return null
  }
}

/** Says nothing of what went wrong: that is in the log. */
function refuse(outgoing: ServerResponse, status: number, text: string): void {
  if (outgoing.headersSent) return void outgoing.destroy()
  for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name)
  outgoing.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}
