import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ENTRY_DEFAULTS, SCHEDULER_DEFAULTS } from '../../../runtime/manifest/defaults.ts'
import { problemText } from '../../../runtime/manifest/index.ts'
import { readManifestText } from '../../../runtime/manifest/parse/parse-manifest.ts'
import { ROOT } from '../../support/workspace.ts'

const page = readFileSync(join(ROOT, 'docs', 'policies.md'), 'utf8')
const IMPORT = { name: 'import', schedule: '0 * * * *' }

function problemsOf(webstir: object): Promise<string[]> {
  const text = JSON.stringify({ name: 'test', webstir })
  return readManifestText('/workspace', text, {}).then(({ problems }) => problems.map(problemText))
}

const withJob = (job: object): object => ({ module: { jobs: [job, IMPORT] } })

/** Rows of "written | answered". */
const rows = [...page.matchAll(/^\| `("\w+": .+?)` \| `(.+)` \|$/gm)].map(([, written = '', answered = '']) => ({
  written,
  answered,
}))
/** Blocks of JSON. */
const blocks = [...page.matchAll(/```json\n(.+?)```/gs)].map(([, block = '']) => block)

describe('docs/policies.md', () => {
  it('has a mistake for every policy', () => {
    const policies = [...page.matchAll(/^## (\w+)$/gm)].map(([, name = '']) => name)
    expect(policies).toHaveLength(11)
    const covered = rows.map(({ written }) => /"(\w+)"/.exec(written)?.[1])
    for (const policy of policies) if (policy !== 'concurrency') expect(covered).toContain(policy)
  })

  it.each(rows)('says what $written is answered with', async ({ written, answered }) => {
    const problems = await problemsOf(withJob({ name: 'report', schedule: '0 6 * * *', ...JSON.parse(`{${written}}`) }))
    expect(problems.map((problem) => problem.replace(/^package\.json: \S+ \(job report\): /, ''))).toEqual([answered])
  })

  it('says what is wrong with a concurrency', async () => {
    const [problem = ''] = await problemsOf({ scheduler: { concurrency: 0 }, module: { jobs: [] } })
    expect(page).toContain(`\`${problem.replace(/^package\.json: \S+: /, '')}\``)
  })

  it.each(blocks)('shows what is right: %s', async (block) => {
    const parsed: { name?: string; webstir?: object } = JSON.parse(block)
    const webstir = parsed.webstir === undefined ? withJob(parsed) : { module: { jobs: [] }, ...parsed.webstir }
    expect(await problemsOf(webstir)).toEqual([])
  })

  it('names the defaults that are', () => {
    const { overlap, catchUp, catchUpWindow, timeout, retry, recover, jitter, enabled, isolation } = ENTRY_DEFAULTS
    const expected = [
      ['overlap', overlap],
      ['timeout', timeout],
      ['recover', recover],
      ['jitter', jitter],
      ['enabled', enabled],
      ['isolation', isolation],
      ['concurrency', SCHEDULER_DEFAULTS.concurrency],
    ] as const
    for (const [policy, value] of expected) {
      expect(page).toContain(`| [\`${policy}\`](#${policy}) | \`${JSON.stringify(value)}\` |`)
    }
    expect(page).toContain(`| \`${JSON.stringify(catchUp)}\`, \`${JSON.stringify(catchUpWindow)}\` |`)
    for (const [key, value] of Object.entries(retry))
      expect(page).toContain(`| \`${key}\` | \`${JSON.stringify(value)}\` |`)
    expect(page).toContain(`(default \`"${SCHEDULER_DEFAULTS.staleAfter}"\`)`)
  })
})
