import { textWidth } from '../../runtime/support/table.ts'

/**
 * Stands in for the package `string-width` when yargs is bundled. That one holds a regular expression of all emoji,
 * which takes a third of Node's whole start-up time to compile; help texts need none of it.
 */
export default function stringWidth(text: string): number {
  return textWidth(text)
}
