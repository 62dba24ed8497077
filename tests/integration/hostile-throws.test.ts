import { expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { HOSTILE_THROWS } from '../support/hostile-throws.ts'

/** Where a job may throw: the text of its module, given what throws. */
const PLACES = {
  'run()': (body: string) => `export function run() { ${body} }`,
  'preCheck()': (body: string) => `export function run() {}\nexport function preCheck() { ${body} }`,
  'its module': (body: string) => `export function run() {}\n;(() => { ${body} })()`,
  'a timer': (body: string) =>
    `export async function run() { setTimeout(() => { ${body} }); await new Promise((r) => setTimeout(r, 200)) }`,
} as const

it.each([
  ['run()', 'inline'],
  ['run()', 'process'],
  ['preCheck()', 'inline'],
  ['its module', 'inline'],
  ['a timer', 'inline'],
] as const)('concludes a job whatever %s throws (isolation: %s)', async (place, isolation) => {
  const names = Object.keys(HOSTILE_THROWS)
  const workspace = await buildWorkspace({
    jobs: names.map((name) => ({ name, schedule: '@reboot', isolation })),
    sources: Object.fromEntries(
      names.map((name) => [name, `// @ts-nocheck\n${PLACES[place](HOSTILE_THROWS[name] ?? '')}\n`]),
    ),
  })

  const watching = workspace.start(['--watch'])
  await Promise.all(names.map((name) => watching.logged(new RegExp(`^\\[${name}\\] failed: `))))
  const { code } = await watching.stop()

  expect(code).toBe(0)
  const rows = await workspace.history()
  expect(rows.map(({ job }) => job).sort()).toEqual([...names].sort())
  for (const row of rows) {
    expect(row, row.job).toMatchObject({ status: 'FAILURE', attempt: 1 })
    expect(typeof row.error?.message, row.job).toBe('string')
  }
  for (const entry of watching.entries()) expect(JSON.stringify(entry).length).toBeLessThan(300_000)
})
