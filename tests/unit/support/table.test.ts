import { describe, expect, it } from 'vitest'
import { cutText, renderTable, textWidth } from '../../../runtime/support/table.ts'

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
  ])('of %j is %d columns', (text, width) => {
    expect(textWidth(text)).toBe(width)
  })
})

describe('a table', () => {
  it('is aligned, whatever is in it, and has no blanks at the end of a line', () => {
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

  it('fits the terminal: shorter cells first, then cut ones, then fewer columns', () => {
    const columns = [
      { title: 'Name', least: 6 },
      { title: 'Next', short: (cell: string) => cell.replace(/ \(.*/, '') },
      { title: 'Extra', optional: 1 },
      { title: 'Text', least: 5 },
    ]
    const rows = [['nightly-cleanup', 'in 3 h (2026-12-01)', 'xxxxx', 'Cleans up what is left']]
    const widths = (width: number) => renderTable(columns, rows, { width }).trimEnd().split('\n')
    expect(widths(70)[1]).toBe('nightly-cleanup  in 3 h (2026-12-01)  xxxxx  Cleans up what is left')
    expect(widths(60)[1]).toBe('nightly-cleanup  in 3 h  xxxxx  Cleans up what is left')
    expect(widths(50)[1]).toBe('nightly-cleanup  in 3 h  xxxxx  Cleans up what is…')
    expect(widths(28)[1]).toBe('night…  in 3 h  xxxxx  Clea…')
    expect(widths(27)[1]).toBe('nightly-…  in 3 h  Cleans…')
    for (const width of [60, 50, 40, 36, 30, 28, 27, 21]) {
      for (const line of widths(width)) expect(textWidth(line)).toBeLessThanOrEqual(width)
    }
    expect(widths(10)[1]).toBe('night…  in 3 h  Clea…')
  })

  it('is as wide as it needs to be where there is no terminal', () => {
    const [, row] = renderTable([{ title: 'Text', least: 5 }], [['x'.repeat(500)]]).split('\n')
    expect(row).toHaveLength(500)
  })

  it('has bold titles only where colours are asked for', () => {
    expect(renderTable([{ title: 'N' }], [], { color: true })).toBe('\x1b[1mN\x1b[22m\n')
  })
})

describe('a text that is cut', () => {
  it.each([
    ['nightly', 7, 'nightly'],
    ['nightly', 5, 'nigh…'],
    ['two words', 5, 'two…'],
    ['日本語', 4, '日…'],
    ['\x1b[31mfailure\x1b[39m', 5, '\x1b[31mfail…\x1b[39m'],
  ])('%j is cut to %d columns as %j', (text, width, cut) => {
    expect(cutText(text, width)).toBe(cut)
  })
})
