import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * Node's request as the web's, its body streaming. `signal` is aborted when the client goes away. Throws a TypeError
 * where the two have no common form (a broken Host, the methods CONNECT and TRACE).
 */
export function webRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const {
    method = 'GET',
    headers: { host = 'localhost' },
  } = incoming
  const headers = new Headers()
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '')
  }
  // A path that begins with two slashes would otherwise be taken for a host.
  const url = new URL(`http://${host}${pathOf(incoming.url)}`)
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal })
  const body = Readable.toWeb(incoming) as ReadableStream<Uint8Array>
  return new Request(url, { method, headers, signal, body, duplex: 'half' })
}

/** `http://host/path`, as proxies are asked, counts as its path. */
function pathOf(url = '/'): string {
  if (url.startsWith('/')) return url
  return url === '*' ? '/' : new URL(url).pathname
}

/** Sends the web's response through Node's; resolves when it is on its way, rejects when the client goes away. */
export async function sendResponse(response: Response, outgoing: ServerResponse, hasBody: boolean): Promise<void> {
  const cookies = response.headers.getSetCookie()
  outgoing.statusCode = response.status
  if (response.statusText !== '') outgoing.statusMessage = response.statusText
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies)
  if (response.body === null || !hasBody) {
    await response.body?.cancel()
    outgoing.end()
    return
  }
  // The type of the web's stream has one name in the DOM's library and another in Node's.
  await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing)
}
