import type { EnqueueOptions } from '../../runtime/job/enqueue.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { enqueueThrough } from '../../runtime/worker/enqueuer.ts'
import { deadAfter } from '../../runtime/worker/node-session.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import type { Output } from '../command-line/output.ts'
import { readArguments } from '../command-line/policy-options.ts'
import { placeOfWorkspace, withStore } from '../workspace/store.ts'

export interface EnqueueCommandOptions {
  readonly name: string
  /** JSON: an array of arguments, or a single one. */
  readonly args?: string | undefined
  readonly delay?: string | undefined
  readonly runAt?: string | undefined
  readonly priority?: string | undefined
  readonly tenant?: string | undefined
  readonly key?: string | undefined
  readonly workspace?: string | undefined
}

/** `webstir enqueue NAME`: hands a job over to whatever scheduler watches the workspace's store. */
export async function enqueueJob(
  options: EnqueueCommandOptions,
  output: Output,
): Promise<{ id: string; enqueued: boolean }> {
  const args = options.args === undefined ? undefined : readArguments(options.args)
  const place = await placeOfWorkspace(options.workspace)
  const manifest = await readWorkspace(workspacePaths(place.root), place.env)
  return await withStore(place, async (store) => {
    const staleAfter = deadAfter(store, manifest.settings.staleAfter)
    const enqueue = enqueueThrough({ store, clock: systemClock, staleAfter }, manifest)
    const { id, enqueued } = await enqueue(options.name, args, callOptions(options))
    if (output.json) output.data({ id, enqueued })
    else output.out(inWords(options.name, id, enqueued, output))
    return { id, enqueued }
  })
}

function callOptions({ delay, runAt, priority, tenant, key }: EnqueueCommandOptions): EnqueueOptions {
  const isNumber = priority !== undefined && priority.trim() !== '' && Number.isFinite(Number(priority))
  return {
    ...(delay === undefined ? {} : { delay }),
    ...(runAt === undefined ? {} : { runAt }),
    ...(priority === undefined ? {} : { priority: isNumber ? Number(priority) : priority }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(key === undefined ? {} : { key }),
  }
}

function inWords(name: string, id: string, enqueued: boolean, { color }: Output): string {
  return enqueued
    ? `Enqueued ${color.bold(name)} (${id}). See how it ends: webstir job-logs ${id} --follow`
    : `Enqueued nothing: ${color.bold(name)} has an execution that stands for it (${id})`
}
