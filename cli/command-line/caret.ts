import { textWidth } from '../../runtime/support/table.ts'

/** How many characters of a long text are shown before and after the place. */
const AROUND = 60

/**
 * Two further lines for a message about a place in a text: the text, and a caret under the place. `position`: offset
 * of a character from 0; nothing is pointed at where it is undefined, or where the text is empty.
 */
export function pointAt(text: string, position: number | undefined): string {
  if (position === undefined || text === '') return ''
  const start = Math.max(0, position - AROUND)
  const before = visible(text.slice(start, position))
  const after = visible(text.slice(position, position + AROUND))
  const head = start > 0 ? `...${before}` : before
  const tail = position + AROUND < text.length ? `${after}...` : after
  return `\n  ${head}${tail}\n  ${' '.repeat(textWidth(head))}^`
}

/** One line, without anything that a terminal would interpret. */
function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, ' ')
}
