import { chmodSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { buildWorkspace } from '../support/built.ts'
import { runNode } from '../support/workspace.ts'

/** Of a user who owns nothing. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

/** The folder above this Node that other users may not enter; undefined where there is none. */
function closedFolder(): string | undefined {
  for (let folder = dirname(process.execPath); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return folder
  }
  return undefined
}
const closed = isRoot ? closedFolder() : undefined
if (closed !== undefined) console.log(`skipped: no other user can run this Node, since ${closed} is closed to others`)

it.skipIf(closed !== undefined)(
  'says whose a store is, and its mode, to a reader without permission: it is not taken for an empty one',
  async () => {
    const workspace = await buildWorkspace({ jobs: [{ name: 'a' }], sources: { a: 'export function run() {}' } })
    expect((await workspace.scheduler(['--job', 'a'])).code).toBe(0)
    chmodSync(workspace.root, 0o755)
    // Root may read everything, so there somebody else tries; elsewhere, the owner who took the right from himself.
    const other = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
    const history = () =>
      runNode([workspace.path('build/backend/jobs/scheduler.js'), '--history'], { cwd: workspace.root, ...other })
    const owner = `belongs to the user ${userInfo().username}`

    if (!isRoot) chmodSync(workspace.path('data'), 0o000)
    const shut = await history()
    chmodSync(workspace.path('data'), isRoot ? 0o755 : 0o700)
    chmodSync(workspace.path('data/jobs.sqlite'), isRoot ? 0o600 : 0o000)
    const unreadable = await history()

    expect(shut.code).toBe(1)
    expect(shut.stderr).toContain(`data ${owner} and has the mode 0${isRoot ? '700' : '0'}`)
    expect(shut.stderr).toContain('Hint: ')
    expect(unreadable.code).toBe(1)
    expect(unreadable.stderr).toContain(`jobs.sqlite ${owner} and has the mode 0${isRoot ? '600' : '0'}`)
    chmodSync(workspace.path('data'), 0o700)
  },
)
