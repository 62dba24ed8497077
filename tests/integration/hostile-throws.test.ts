import { expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { HOSTILE_THROWS } from '../support/hostile-throws.ts'

it.each(['inline', 'process'] as const)('concludes a job whatever it throws (isolation: %s)', async (isolation) => {
  const names = Object.keys(HOSTILE_THROWS)
  const workspace = await buildWorkspace({
    jobs: names.map((name) => ({ name, schedule: '@reboot', isolation })),
    sources: Object.fromEntries(
      names.map((name) => [name, `// @ts-nocheck\nexport function run() { ${HOSTILE_THROWS[name]} }\n`]),
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
