import { type Env, enabledVariable } from '../env.ts'
import type { Job } from './job.ts'

const offValue = (value: string | undefined): string | undefined =>
  /^(?:false|0|no|off)$/i.test(value?.trim() ?? '') ? value?.trim() : undefined

/** What turns this one job off: `NIGHTLY_ENABLED=false`; null where nothing does. */
export function switchedOff(job: string, env: Env): string | null {
  const variable = enabledVariable(job)
  const value = offValue(env[variable])
  return value === undefined ? null : `${variable}=${value}`
}

/**
 * Turns off the jobs of which the environment says so: `NIGHTLY_ENABLED=false` (`0`, `no` and `off` count too). It
 * can't turn on what the manifest turned off. The environment is walked once, not once for each job: looking up a
 * thousand names in `process.env` costs a millisecond.
 */
export function applySwitches(jobs: readonly Job[], env: Env): readonly Job[] {
  const off = new Map<string, string>()
  for (const name of Object.keys(env)) {
    if (!name.endsWith('_ENABLED')) continue
    const value = offValue(env[name])
    if (value !== undefined) off.set(name, value)
  }
  if (off.size === 0) return jobs
  return jobs.map((job) => {
    const variable = enabledVariable(job.name)
    const value = off.get(variable)
    return value === undefined || !job.enabled ? job : { ...job, enabled: false, disabledBy: `${variable}=${value}` }
  })
}
