import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { executionRecord } from '../../../runtime/operations/executions.ts'
import { upcomingFires } from '../../../runtime/operations/upcoming-fires.ts'
import { upcomingRuns } from '../../../runtime/operations/upcoming-runs.ts'
import { JOB_STATUSES } from '../../../runtime/store/execution.ts'
import { openStore } from '../../../runtime/store/open.ts'
import { jobWith } from '../../support/job.ts'
import { ROOT } from '../../support/workspace.ts'

const page = readFileSync(join(ROOT, 'docs', 'history.md'), 'utf8')
const section = (title: string): string => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
const firstCells = (text: string): string[] => [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, cell = '']) => cell)

it('docs/history.md lists every status', () => {
  expect(firstCells(section('What is recorded'))).toEqual([...JOB_STATUSES])
})

it('docs/history.md lists every key of an execution, in their order', async () => {
  const store = await openStore('memory:')
  const started = await store.begin({
    node: 'test',
    now: 0,
    job: 'report',
    tenant: '',
    trigger: 'manual',
    scheduleKey: '',
    scheduledFor: 0,
    args: [],
    priority: 0,
    maxAttempts: 1,
    recoverLimit: 0,
    parentId: null,
    lock: 'exclusive',
    staleBefore: 0,
  })
  if (!started.acquired) throw new Error('nobody else is there')
  const record = executionRecord(started.execution, undefined, [])
  expect(firstCells(section('Looking back'))).toEqual(Object.keys(record))
})

it('docs/history.md lists every key of a coming run, in their order', () => {
  const upcoming = upcomingFires([jobWith('report', ['@daily'])], {
    after: 0,
    before: null,
    most: 1,
    anchors: new Map(),
  })
  const [run = {}] = upcomingRuns(upcoming, { timezone: undefined, busy: 5, paused: new Set() })
  expect(firstCells(section('Looking ahead'))).toEqual(Object.keys(run))
})
