import type { PauseRecord, Store } from '../store/store.ts'
import { operatorName } from './operator.ts'

/** Pauses a job in the name of whoever runs this process. Pausing twice changes nothing, unless a reason is given. */
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
