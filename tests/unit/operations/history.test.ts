import { describe, expect, it } from 'vitest'
import type { ExecutionRecord } from '../../../runtime/operations/executions.ts'
import { renderHistory } from '../../../runtime/operations/history.ts'
import { textWidth } from '../../../runtime/support/table.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')

const RECORD: ExecutionRecord = {
  id: '019ab3f2-1234-7abc-8def-0123456789ab',
  job: 'send-the-weekly-newsletter',
  schedule: '0 12 * * *',
  scheduledFor: '2026-11-22T11:00:00.000Z',
  tenant: null,
  trigger: 'schedule',
  status: 'FAILURE',
  attempt: 3,
  maxAttempts: 3,
  recoveries: 0,
  priority: 0,
  args: [],
  owner: null,
  queuedAt: '2026-11-22T11:00:00.000Z',
  availableAt: '2026-11-22T11:00:00.000Z',
  startedAt: '2026-11-22T11:00:00.000Z',
  completedAt: '2026-11-22T11:00:01.234Z',
  durationMs: 1234,
  error: { code: 'JOB_FAILED', message: `no such table: sales ${'and more '.repeat(20)}`, stack: null },
  skipReason: null,
  skipCount: 0,
  skippedUntil: null,
  cancelRequestedAt: null,
  progress: null,
  parentId: null,
}

describe('the table of the history', () => {
  it('fits a terminal of 80 columns, and keeps what tells executions apart', () => {
    const table = renderHistory([RECORD], NOW, { timezone: 'Europe/Berlin', width: 80 })
    const [head = '', row = ''] = table.split('\n')
    expect(head).toMatch(/^Id +Scheduled for +Job +Status +Took +Detail$/)
    expect(row).toMatch(/^456789ab {2}2026-11-22 12:00 {2}send-the.*… {2}FAILURE {2}1\.2 s {2}JOB_FAILED.*…$/)
    expect(textWidth(row)).toBeLessThanOrEqual(80)
  })

  it('says all of it where there is no terminal, by the clock of the zone', () => {
    const table = renderHistory([RECORD], NOW, { timezone: 'Europe/Berlin' })
    expect(table).toMatch(/2026-11-22 12:00 \+01:00 +1 h ago +send-the-weekly-newsletter +FAILURE +1\.2 s +schedule/)
    expect(table).toContain('and more and more')
  })

  it('has a colour for each status on a terminal', () => {
    const table = renderHistory([RECORD], NOW, { timezone: 'UTC', color: true, width: 80 })
    expect(table).toContain('\u001b[31mFAILURE\u001b[39m')
  })

  it('cuts a long message where no terminal says how wide it may be', () => {
    const error = { code: 'LONG', message: 'x'.repeat(4096), stack: null }
    expect(renderHistory([{ ...RECORD, error }], NOW, { timezone: 'UTC' }).length).toBeLessThan(600)
  })

  it('shows progress in whole percents', () => {
    const running = {
      ...RECORD,
      status: 'RUNNING',
      error: null,
      progress: { percent: 33.333, message: 'rows' },
    } as const
    expect(renderHistory([running], NOW, { timezone: 'UTC' })).toMatch(/33% rows$/m)
  })
})
