import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'

const Lock = z.object({
  packages: z.record(z.string(), z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() })),
})

/** Whether a package installed at `path` finds `name`, by Node's rule: upward through `node_modules`. */
function isFound(packages: Record<string, unknown>, path: string, name: string): boolean {
  const key = path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`
  if (Object.hasOwn(packages, key)) return true
  return path !== '' && isFound(packages, path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/'))), name)
}

it('the lock file names the binaries of every platform, so that "npm ci" of npm 11 accepts it', () => {
  const { packages } = Lock.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')))

  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isFound(packages, path, name)),
  )

  expect(missing).toEqual([])
})
