import { fillText } from '../../runtime/manifest/environment.ts'
import { parseDocument, readPackageJson } from '../../runtime/manifest/package-json.ts'
import { isTimezone } from '../../runtime/schedule/index.ts'
import { openExistingStore, openStore } from '../../runtime/store/open.ts'
import type { Store } from '../../runtime/store/store.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { type Env, loadEnvFiles } from '../../runtime/support/env.ts'
import { findWorkspace } from './find.ts'

/** A workspace, and the environment in which its jobs would run from here: its `.env` files included. */
export interface WorkspacePlace {
  /** Absolute path. */
  readonly root: string
  readonly env: Env
}

/** Finds the workspace as every command does. This process's own environment stays as it is. */
export async function placeOfWorkspace(given: string | undefined): Promise<WorkspacePlace> {
  const root = findWorkspace(given)
  const env: Env = { ...process.env }
  await loadEnvFiles(root, env)
  return { root, env }
}

/** The zone of the workspace, for times that people read; UTC where it names none that is known. */
export async function timezoneOfWorkspace({ root, env }: WorkspacePlace): Promise<string> {
  try {
    const { scheduler } = await parseDocument(root, readPackageJson(root).toString('utf8'))
    const zone = typeof scheduler.timezone === 'string' ? fillText(scheduler.timezone, env).value : 'UTC'
    return isTimezone(zone) ? zone : 'UTC'
  } catch {
    // What is wrong with the manifest is reported by the commands that need it.
    return 'UTC'
  }
}

/** Works with the workspace's store, which is made where there is none, and closes it. */
export async function withStore<Result>(
  { root, env }: WorkspacePlace,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const store = await openStore(undefined, { env, workspace: root, clock: systemClock })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** The same, but makes no store: where there is none yet, `work` gets null. `busyLimit`: as for `openStore`. */
export async function withExistingStore<Result>(
  { root, env }: WorkspacePlace,
  work: (store: Store | null) => Promise<Result>,
  busyLimit?: number,
): Promise<Result> {
  const limit = busyLimit === undefined ? {} : { busyLimit }
  const store = await openExistingStore({ env, workspace: root, clock: systemClock, ...limit })
  try {
    return await work(store)
  } finally {
    await store?.close()
  }
}
