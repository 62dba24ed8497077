import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { runCli } from '../support/workspace.ts'

const helper = (text: string): string => `export const text = '${text}'`

/** Waits for the file to be there before it imports what it needs. */
const LATE = `
  import { existsSync } from 'node:fs'
  export async function run(ctx) {
    ctx.log.info('waiting')
    while (!existsSync(ctx.env.GO)) await new Promise((resolve) => setTimeout(resolve, 20))
    const { text } = await import('../../lib/helper.ts')
    ctx.log.info('found ' + text)
  }`

it('lets a job that runs import what it needs, also after its workspace was built anew, twice', async () => {
  const workspace = await buildWorkspace({
    jobs: [
      { name: 'late', schedule: '@reboot' },
      { name: 'apart', schedule: '@reboot', isolation: 'process' },
    ],
    sources: { late: LATE, apart: LATE },
    files: { 'src/backend/lib/helper.ts': helper('the first') },
  })
  const go = workspace.path('go')
  const watching = workspace.start(['--watch'], { GO: go })
  await watching.logged(/^\[late\] waiting/)
  await watching.logged(/^\[apart\] waiting/)

  for (const text of ['the second', 'the third']) {
    workspace.write('src/backend/lib/helper.ts', helper(text))
    expect((await runCli(['build', '--no-typecheck'], { cwd: workspace.root })).code).toBe(0)
  }
  writeFileSync(go, '')

  await watching.logged(/^\[late\] found the first/)
  await watching.logged(/^\[apart\] found the first/)
  await watching.logged(/^\[apart\] succeeded/)
  await watching.stop()
  const again = await workspace.scheduler(['--job', 'late'], { env: { GO: go } })
  expect(again.stdout).toContain('found the third')
})
