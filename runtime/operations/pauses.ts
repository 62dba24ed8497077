import { userInfo } from 'node:os'
import type { PauseRecord } from '../store/job-store.ts'
import type { Store } from '../store/store.ts'

/** Pauses a job in the name of the user of this process. Pausing twice changes nothing, unless a reason is given. */
export async function pause(
  store: Store,
  job: string,
  reason: string | undefined,
  now: number,
): Promise<{ readonly pause: PauseRecord; readonly wasPaused: boolean }> {
  const before = (await store.pauses()).find((one) => one.job === job)
  if (before !== undefined && reason === undefined) return { pause: before, wasPaused: true }
  const by = operatorName()
  await store.pause(job, by, reason ?? null, now)
  const since = before?.since ?? now
  return { pause: { job, paused: true, since, by, reason: reason ?? null }, wasPaused: before !== undefined }
}

/** The user of this process, for the record: by name, or by number in a container that has no names. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}

/** A pause as `--json` shows it. */
export interface ShownPause {
  readonly job: string
  readonly paused: boolean
  /** Since when it is paused, or not; ISO 8601, in UTC. */
  readonly since: string
  readonly by: string
  readonly reason: string | null
}
