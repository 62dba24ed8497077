import { hexHash } from '../support/hash.ts'
import type { Job } from './types.ts'

/**
 * 16 hexadecimal digits over what a manifest says of its jobs, as written: two processes with the same one run the same
 * jobs by the same rules, whatever their environments fill in or turn off.
 */
export function manifestHash(jobs: readonly Job[]): string {
  return hexHash(JSON.stringify(jobs.map(asWritten)))
}

function asWritten({ enabled: _, disabledBy: __, written, description, args, schedules, ...rest }: Job): unknown {
  const said = written ?? { description, args }
  return [rest, said, schedules.map(({ key }) => key)]
}
