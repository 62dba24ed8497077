import { jobNamed } from '../../runtime/manifest/job-names.ts'
import { isQueueName } from '../../runtime/manifest/queue-name.ts'
import type { Manifest } from '../../runtime/manifest/types.ts'
import { targetText } from '../../runtime/operations/pauses.ts'
import type { PauseTarget } from '../../runtime/store/job-store.ts'
import { UsageError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'

export interface PauseTargetOptions {
  readonly name?: string | undefined
  readonly queue?: string | undefined
  readonly all?: boolean
}

/** What is to be paused or resumed: exactly one of a job, a queue, and all. `known`: a name as it stands in the store. */
export function pauseTargetOf(
  { name, queue, all }: PauseTargetOptions,
  manifest: Manifest,
  known?: (name: string) => boolean,
): PauseTarget {
  const given = [name !== undefined, queue !== undefined, all === true].filter(Boolean).length
  if (given !== 1) {
    throw new UsageError(
      given === 0 ? 'nothing is named' : 'a job, --queue and --all exclude each other',
      'give the name of a job, --queue NAME, or --all',
    )
  }
  if (all === true) return { all }
  if (name !== undefined) return known?.(name) === true ? name : jobNamed(manifest, name).name
  if (queue !== undefined && isQueueName(queue)) return { queue }
  throw new UsageError(`--queue "${queue}" is not the name of a queue`, 'use letters, digits, "-", "_" and "."')
}

/** `nightly was`, `The queue reports was`, `All jobs were`: how a sentence begins. */
export function wasText(target: PauseTarget, { color }: Pick<Output, 'color'>): string {
  const text = targetText(target)
  if (typeof target === 'string') return `${color.bold(text)} was`
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)} ${'all' in target ? 'were' : 'was'}`
}
