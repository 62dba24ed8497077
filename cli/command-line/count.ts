import { UsageError } from './errors.ts'

/** The value of an option that counts something: a whole number within the range, or `byDefault`. Throws UsageError. */
export function readCount(
  option: string,
  value: number | undefined,
  { byDefault, least = 1, most }: { byDefault: number; least?: number; most: number },
): number {
  if (value === undefined) return byDefault
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new UsageError(`--${option} ${value} won't do`, `use a whole number from ${least} to ${most}`)
}
