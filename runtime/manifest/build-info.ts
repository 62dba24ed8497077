import { readFileSync } from 'node:fs'
import type { Snapshot } from './snapshot.ts'

/** What the build found out about a job's module. */
export interface BuiltJob {
  /** Its source, relative to the workspace: `src/backend/jobs/nightly/index.ts`. */
  readonly source: string
  /** Names that its module exports, `default` among them. */
  readonly exports: readonly string[]
  /** True where the module may declare schedules of its own in `meta`, so that listing must import it. */
  readonly meta: boolean
  /** True where the module may have a `preCheck`. */
  readonly preCheck: boolean
}

/** `build/backend/webstir/build.json`. Job modules are `build/backend/jobs/NAME/index.js`. */
export interface BuildInfo {
  readonly format: 1
  /** ISO 8601, in UTC. */
  readonly builtAt: string
  /** Version of webstir-jobs that built it. */
  readonly version: string
  /** Modules of which there is something to say; one that exports `run` and nothing else is not among them. */
  readonly jobs: { readonly [name: string]: BuiltJob }
  /** Which of the workspace's other modules were built, relative to `build/backend`; null where there is none. */
  readonly modules: {
    readonly hooks: string | null
    readonly tenants: string | null
    readonly database: string | null
    readonly server: string | null
  }
  /** The validated manifest; null where it depends on the environment (`${NAME}`), so that it must be read anew. */
  readonly snapshot: Snapshot | null
}

/** Reads `build.json`; null where there is none, or one of another format: whoever asks goes the longer way then. */
export function readBuildInfo(path: string): BuildInfo | null {
  try {
    const info: BuildInfo = JSON.parse(readFileSync(path, 'utf8'))
    return info.format === 1 ? info : null
  } catch {
    return null
  }
}
