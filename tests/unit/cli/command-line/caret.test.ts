import { expect, it } from 'vitest'
import { pointAt } from '../../../../cli/command-line/caret.ts'

it('points at a place in a text', () => {
  expect(pointAt('0 60 * * *', 2)).toBe('\n  0 60 * * *\n    ^')
})

it('points at nothing where there is no place', () => {
  expect(pointAt('0 60 * * *', undefined)).toBe('')
  expect(pointAt('', 0)).toBe('')
})

it('points past the end of a text', () => {
  expect(pointAt('rate(5', 6)).toBe('\n  rate(5\n        ^')
})

it('keeps its place behind wide characters and what a terminal would obey', () => {
  expect(pointAt('分\t\u001b[31m x', 7)).toBe('\n  分  [31m x\n          ^')
})

it('shows only what is near in a long text', () => {
  const [, line = '', caret = ''] = pointAt(`${'a'.repeat(500)}X${'b'.repeat(500)}`, 500).split('\n')
  expect(line.length).toBeLessThan(140)
  expect(line[caret.indexOf('^')]).toBe('X')
})
