import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../support/workspace.ts'

/** The folders of this repository whose files the pages for contributors name. */
const FOLDERS = ['cli', 'docs', 'runtime', 'scripts', 'templates', 'tests']
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
)

const PAGES = [
  'CONTRIBUTING.md',
  ...FILES.filter((path) => /^docs\/(architecture[^/]*|adr\/[^/]+)\.md$/.test(path)),
].sort()

it('the pages for contributors are found', () => {
  expect(PAGES).toContain('docs/architecture.md')
  expect(PAGES).toContain('docs/adr/0001-transaction-scripts.md')
})

it.each(PAGES)('every file that %s names exists', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const named = [...text.matchAll(/`([^`\s]+)`/g)].map(([, path = '']) => path).filter(isSource)
  const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, path = '']) => join(dirname(page), path))

  expect(named.filter((path) => !isThere(path))).toEqual([])
  expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

/** A path below one of FOLDERS, or a source's path from runtime/ or cli/ on, or its name alone; no pattern for names. */
function isSource(path: string): boolean {
  if (/NAME/.test(path)) return false
  const [first = ''] = path.split('/')
  return (path.includes('/') && FOLDERS.includes(first)) || /^[a-z][\w./*-]*\.(ts|mjs|cjs)$/.test(path)
}

function isThere(path: string): boolean {
  if (path.includes('*')) {
    const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
    return FILES.some((file) => pattern.test(file))
  }
  if (existsSync(join(ROOT, path))) return true
  return ['runtime', 'cli'].some((folder) => existsSync(join(ROOT, folder, path))) || isName(path)
}

const isName = (path: string): boolean => !path.includes('/') && FILES.some((file) => basename(file) === path)
