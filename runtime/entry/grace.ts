import { parseDuration } from '../duration.ts'
import { UsageError } from './options.ts'

/** How long what runs may go on after a request to stop, where nothing is said. */
const DEFAULT_GRACE = '30s'

/** The value of `--grace`, in ms; `text` is undefined where there is none. Throws UsageError where it is no duration. */
export function readGrace(text: string | undefined): number {
  const grace = parseDuration(text ?? DEFAULT_GRACE)
  if (grace !== undefined) return grace
  throw new UsageError('USAGE', `--grace "${text}" is no duration`, { hint: 'such as 30s or 2m' })
}
