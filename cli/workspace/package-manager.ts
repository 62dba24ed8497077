import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun'

const LOCK_FILES: Readonly<Record<string, PackageManager>> = {
  'pnpm-lock.yaml': 'pnpm',
  'pnpm-workspace.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
  'package-lock.json': 'npm',
}

/**
 * What installs the packages of a folder: what `packageManager` of its package.json names, or whose lock file is there,
 * in this folder or the nearest one above that says so. `root`: that folder; null where nothing says anything.
 */
export function packageManagerOf(folder: string): { name: PackageManager; root: string | null } {
  for (let at = folder; ; at = dirname(at)) {
    const name = namedIn(at) ?? Object.entries(LOCK_FILES).find(([file]) => existsSync(join(at, file)))?.[1]
    if (name !== undefined) return { name, root: at }
    if (dirname(at) === at) return { name: 'npm', root: null }
  }
}

function namedIn(folder: string): PackageManager | undefined {
  try {
    const { packageManager }: { packageManager?: unknown } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    )
    const [name] = String(packageManager).split('@')
    return (['npm', 'pnpm', 'yarn', 'bun'] as const).find((known) => known === name)
  } catch {
    return undefined
  }
}

/** How a package's own command is run, such as `webstir`. */
export function runnerOf(name: PackageManager): string {
  if (name === 'pnpm') return 'pnpm exec'
  return name === 'npm' ? 'npx' : name === 'bun' ? 'bunx' : name
}
