import { describe, expect, it } from 'vitest'
import { renderTable, textWidth } from '../../../runtime/support/table.ts'

describe('the width of a text on a terminal', () => {
  it.each([
    ['plain', 5],
    ['日本', 4],
    ['e\u0301', 1],
    ['👍', 2],
    ['👨‍👩‍👧', 2],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['\x1b[31mred\x1b[39m', 3],
    ['', 0],
  ])('%j is %d', (text, width) => {
    expect(textWidth(text)).toBe(width)
  })
})

describe('a table', () => {
  it('is aligned, whatever stands in it, and has no blanks at the end of a line', () => {
    const table = renderTable(
      [{ title: 'Name' }, { title: 'Count', align: 'right' }, { title: 'Note' }],
      [
        ['日本', '5', 'x'],
        ['nightly', '1000', ''],
      ],
    )

    expect(table).toBe('Name     Count  Note\n日本         5  x\nnightly   1000\n')
  })

  it('shows control characters as blanks: a name must not move the cursor', () => {
    expect(renderTable([{ title: 'N' }], [['a\x1b[2Jb\nc\u202e']])).toBe('N\na [2Jb c\n')
  })

  it('has bold titles only where colours are asked for', () => {
    expect(renderTable([{ title: 'N' }], [], { color: true })).toBe('\x1b[1mN\x1b[22m\n')
  })
})
