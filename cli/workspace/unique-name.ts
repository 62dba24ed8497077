/**
 * A text that no other process and no other call on this machine has made: who, when, and chance. (Loading
 * `node:crypto` for a UUID would take a tenth of the time that `add-job` has.)
 */
export function uniqueName(): string {
  const chance = Math.random().toString(36).slice(2)
  return `${process.pid.toString(36)}-${process.hrtime.bigint().toString(36)}-${chance}`
}
