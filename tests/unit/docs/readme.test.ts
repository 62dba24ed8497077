import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../support/workspace.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

it('the README links every page', () => {
  const linked = [...read('README.md').matchAll(/\]\(docs\/([^)#]+)/g)].map(([, page]) => page)
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
  expect(pages.filter((page) => !linked.includes(page))).toEqual([])
})

it('the page about the context has all that a job is given', () => {
  const source = read('runtime/job/job-context.ts')
  const [, body = ''] = /export interface JobContext<[^{]*\{\n([\s\S]*?)\n\}/.exec(source) ?? []
  const names = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:<]/gm)].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(10)
  const described = [...read('docs/context.md').matchAll(/^\| `ctx\.(\w+)/gm)].map(([, name]) => name)
  expect(described.sort()).toEqual(names.sort())
})
