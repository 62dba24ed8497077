/**
 * Something that may answer a request: null leaves it to the next one. The workspace's handler is the last;
 * pages about jobs come before it.
 */
export type Route = (request: Request) => Promise<Response | null> | Response | null

/** The answer of the first route that has one; 404 where none has. */
export async function answer(routes: readonly Route[], request: Request): Promise<Response> {
  for (const route of routes) {
    const response = await route(request)
    if (response !== null) return response
  }
  const hint = 'No handler here. Export fetch(request), or a Hono app as default, from src/backend/index.ts.\n'
  return new Response(hint, { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' } })
}
