import type { Enqueue, EnqueueOptions, JobHandle } from '../job/enqueue.ts'
import { processScheduler } from '../scheduler/process-scheduler.ts'
import { openStore } from '../store/open.ts'
import { systemClock } from '../support/clock.ts'
import type { Env } from '../support/env.ts'
import type { JsonValue } from '../support/json.ts'
import { enqueueThrough } from '../worker/enqueuer.ts'
import { currentScope } from '../worker/job-scope.ts'
import { deadAfter } from '../worker/node-session.ts'
import { findWorkspace, workspacePaths } from '../workspace/paths.ts'
import { readWorkspace } from '../workspace/read-workspace.ts'

/**
 * Hands a job over: some scheduler that watches runs it, in this process or another. Resolves as soon as the store has
 * it; `args` default to those of the job's entry. Outside a job it goes through this process's scheduler, else to the workspace that the current folder belongs to
 * (or WORKSPACE_ROOT), with its `.env` files. Rejects with a JobNotFoundError, an EnqueueError, a JobNotStartedError for
 * a disabled job, or a StoreError.
 */
export async function enqueue(
  name: string,
  args?: readonly JsonValue[],
  options: EnqueueOptions = {},
): Promise<JobHandle> {
  const enqueue = currentScope()?.enqueue ?? processScheduler()?.enqueue ?? (await ownEnqueue())
  return enqueue(name, args, options)
}

let own: { readonly root: string; readonly opening: Promise<Enqueue> } | undefined

/** Through a store that is opened when it is first used; what it has open doesn't keep a program alive. */
function ownEnqueue(): Promise<Enqueue> {
  const root = findWorkspace()
  if (own?.root === root) return own.opening
  const opening = open(root)
  own = { root, opening }
  // What can't be opened now may be later.
  opening.catch(() => {
    if (own?.opening === opening) own = undefined
  })
  return opening
}

async function open(root: string): Promise<Enqueue> {
  // A copy: the variables of `.env` are for the workspace's jobs, not for the program that enqueues.
  const env: Env = { ...process.env }
  const manifest = await readWorkspace(workspacePaths(root), env)
  const store = await openStore(undefined, { env, workspace: root })
  process.once('beforeExit', () => void store.close())
  const staleAfter = deadAfter(store, manifest.settings.staleAfter)
  return enqueueThrough({ store, clock: systemClock, staleAfter }, manifest)
}
