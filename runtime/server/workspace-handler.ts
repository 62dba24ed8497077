import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { JobsError, messageOf } from '../support/errors.ts'
import type { Route } from './router.ts'

type Fetch = (request: Request) => unknown

/**
 * The HTTP handler of a built workspace (src/backend/index.ts): its export `fetch(request)`, or that of its default
 * export (a Hono app, say). Null where it has none. `build`: absolute path of build/backend.
 */
export async function workspaceHandler(build: string): Promise<Route | null> {
  const file = join(build, 'index.js')
  if (!existsSync(file)) return null
  const fetch = fetchOf(await importHandler(file))
  if (fetch === null) return null
  return async (request) => {
    const response = await fetch(request)
    if (response instanceof Response) return response
    const given = response === null ? 'null' : typeof response
    throw new JobsError('HANDLER_RESPONSE', `fetch() of src/backend/index.ts gave ${given}, not a Response`, {
      hint: 'return new Response(...), or Response.json(...)',
    })
  }
}

async function importHandler(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    throw new JobsError('HANDLER_THROWS', `src/backend/index.ts throws while it is loaded: ${messageOf(error)}`, {
      hint: 'fix the code at the top level of the module, or of one that it imports',
      cause: error,
    })
  }
}

/** A module of ours may be there for other reasons than HTTP; one without a handler serves nothing. */
function fetchOf({ fetch, default: main }: Record<string, unknown>): Fetch | null {
  if (isFetch(fetch)) return fetch
  if (isFetch(main)) return main
  if (typeof main !== 'object' || main === null || !('fetch' in main)) return null
  const { fetch: method } = main
  // Called on its object: an app's method may need it.
  return isFetch(method) ? (request) => Reflect.apply(method, main, [request]) : null
}

const isFetch = (value: unknown): value is Fetch => typeof value === 'function'
