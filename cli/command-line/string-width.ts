import { textWidth } from '../../runtime/support/table.ts'

/**
 * Replaces the package `string-width` when yargs is bundled. That one has a regular expression of all emoji, which takes
 * a third of Node's whole start-up time to compile (`npm run bench -- startup`); help texts need none of it.
 */
export default function stringWidth(text: string): number {
  return textWidth(text)
}
