import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { JobsError } from '../../runtime/support/errors.ts'
import { packageRoot } from '../workspace/package-root.ts'

/** The file that is run; it looks for the others in the folder `webstir` beside its own. */
export const SCHEDULER = 'scheduler.js'

/** The built runtime of this package, which every build takes along. */
export interface RuntimeFiles {
  readonly folder: string
  readonly names: readonly string[]
  /** Changes whenever one of the files does. */
  readonly stamp: string
}

/** Throws a JobsError where the package was not built, which happens in a fresh checkout only. */
export function runtimeFiles(): RuntimeFiles {
  const root = packageRoot()
  const folder = join(root, 'dist', 'runtime')
  const names = filesOf(folder)
  if (!names.includes(SCHEDULER)) {
    throw new JobsError('PACKAGE_NOT_BUILT', `${folder} does not hold the built runtime`, {
      hint: `run "npm run build" in ${root} (a checkout), or install webstir-jobs again`,
    })
  }
  const stamp = createHash('sha256')
  for (const name of names) {
    const { size, mtimeMs } = statSync(join(folder, name))
    stamp.update(`\n${name} ${size} ${mtimeMs}`)
  }
  return { folder, names, stamp: stamp.digest('hex').slice(0, 16) }
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
      .map((entry) => entry.name)
      .sort()
  } catch {
    return []
  }
}
