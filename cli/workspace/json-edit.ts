import type { Node } from 'jsonc-parser'
import type { JsonValue } from '../../runtime/support/json.ts'

/*
 * Edits of JSON text that leave every byte outside the edit as it was. jsonc-parser tells where things are; the
 * text that goes in is laid out as its surroundings are. (jsonc-parser's own `modify` lays out whole lines anew.)
 */

/** Replaces `length` characters at `offset` by `text`. */
export interface Edit {
  readonly offset: number
  readonly length: number
  readonly text: string
}

export function applyEdit(text: string, { offset, length, text: added }: Edit): string {
  return text.slice(0, offset) + added + text.slice(offset + length)
}

/** Adds `value` as the last item of an array. */
export function appendItem(text: string, array: Node, value: JsonValue): Edit {
  return appendChild(text, array, (layout) => print(value, layout))
}

/** Adds `key` as the last property of an object. */
export function appendProperty(text: string, object: Node, key: string, value: JsonValue): Edit {
  return appendChild(
    text,
    object,
    (layout) => `${JSON.stringify(key)}:${layout.compact ? '' : ' '}${print(value, layout)}`,
  )
}

/** Removes one item of an array, with its comma and the white space around it. */
export function removeItem(array: Node, index: number): Edit {
  const items = array.children ?? []
  const item = items[index]
  if (item === undefined) throw new RangeError(`no item ${index}`)
  const next = items[index + 1]
  const previous = items[index - 1]
  if (next !== undefined) return { offset: item.offset, length: next.offset - item.offset, text: '' }
  if (previous !== undefined) {
    const start = end(previous)
    return { offset: start, length: end(item) - start, text: '' }
  }
  return { offset: array.offset + 1, length: array.length - 2, text: '' }
}

/** How a piece of JSON is set: on separate lines, or within one line, or without any white space. */
interface Layout {
  readonly eol: string
  /** One step of indentation. */
  readonly unit: string
  /** Indentation of the line that the value begins on. */
  readonly indent: string
  readonly multiline: boolean
  readonly compact: boolean
}

function appendChild(text: string, parent: Node, render: (layout: Layout) => string): Edit {
  const last = parent.children?.at(-1)
  if (last === undefined) return fillEmpty(text, parent, render)
  const layout = layoutOfSibling(text, parent, last)
  const own = startsLine(text, last.offset)
  const gap = own ? layout.eol + layout.indent : layout.compact ? '' : ' '
  return { offset: end(last), length: 0, text: `,${gap}${render(layout)}` }
}

/** An empty parent takes its layout from the file; what was between its brackets is white space and goes. */
function fillEmpty(text: string, parent: Node, render: (layout: Layout) => string): Edit {
  const at = { offset: parent.offset + 1, length: parent.length - 2 }
  if (!/[\r\n]/.test(text.trim())) {
    return { ...at, text: render({ eol: '', unit: '', indent: '', multiline: false, compact: isCompact(text) }) }
  }
  const eol = eolOf(text)
  const unit = unitOf(text)
  const outer = lineIndent(text, parent.offset)
  const indent = outer + unit
  const inner = render({ eol, unit, indent, multiline: true, compact: false })
  return { ...at, text: `${eol}${indent}${inner}${eol}${outer}` }
}

function layoutOfSibling(text: string, parent: Node, sibling: Node): Layout {
  const siblingText = text.slice(sibling.offset, end(sibling))
  const own = startsLine(text, sibling.offset)
  const value = sibling.type === 'property' ? sibling.children?.[1] : sibling
  const isContainer = (value?.children?.length ?? 0) > 0
  const parentText = text.slice(parent.offset, end(parent))
  return {
    eol: eolOf(parentText.includes('\n') ? parentText : text),
    unit: unitOf(text),
    indent: lineIndent(text, sibling.offset),
    // A sibling that is not a container tells nothing; then what is on its own line may take more of them.
    multiline: isContainer ? /[\r\n]/.test(siblingText) : own,
    compact: isContainer ? isCompact(siblingText) : !/[\r\n]/.test(parentText) && isCompact(parentText),
  }
}

function print(value: JsonValue, layout: Layout): string {
  if (layout.compact) return JSON.stringify(value)
  if (layout.multiline)
    return JSON.stringify(value, null, layout.unit || '  ').replaceAll('\n', layout.eol + layout.indent)
  return printInline(value)
}

/** Within a line, as people write it: `{ "name": "x", "args": [1, 2] }`. */
function printInline(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(printInline).join(', ')}]`
  const properties = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${printInline(item)}`)
  return properties.length === 0 ? '{}' : `{ ${properties.join(', ')} }`
}

const end = (node: Node): number => node.offset + node.length

/** True where only white space is between the start of the line and `offset`. */
function startsLine(text: string, offset: number): boolean {
  return /(?:^|[\r\n])[ \t]*$/.test(text.slice(0, offset))
}

/** The white space that the line of `offset` begins with. */
function lineIndent(text: string, offset: number): string {
  const line = text.slice(Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1, offset)
  return /^[ \t]*/.exec(line)?.[0] ?? ''
}

function eolOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n'
}

/** One step of indentation: that of the first indented line; two spaces where there is none. */
function unitOf(text: string): string {
  return /[\r\n]([ \t]+)["{[]/.exec(text)?.[1] ?? '  '
}

/** No white space after a colon or comma outside of strings. */
function isCompact(text: string): boolean {
  return !/[:,{[]\s/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, '""'))
}
