import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compareTimezoneData } from '../../runtime/scheduler/newer-timezone-data.ts'
import { openStore } from '../../runtime/store/open.ts'
import { bundleScheduler, nodeOfVersion, ZoneNode } from '../support/zone-nodes.ts'

/** With time-zone data 2025c, 2026c and 2026e: the first knows nothing of Morocco's change of 20 September 2026. */
const VERSIONS = ['20.20.2', '24.21.0', '26.12.1'] as const

const paths = await Promise.all(VERSIONS.map(nodeOfVersion))
const missing = VERSIONS.filter((_, place) => paths[place] === undefined)
if (missing.length > 0) {
  console.log(`skipped: nodes with other time-zone data; Node ${missing.join(', ')} can't be had here`)
}

const HOUR = 3_600_000
const at = (text: string): number => Date.parse(`2026-09-${text}:00Z`)
const zone = { timezone: 'Africa/Casablanca' }
const report = { name: 'report', schedule: '0 6 * * *', ...zone }
const follow = { name: 'follow', schedule: '0 6 * * *', after: ['report'], ...zone }

it.skipIf(missing.length > 0)(
  'under Node 20, 24 and 26 on one store, each day has one run at 06:00 in Casablanca, though they differ about when that is',
  async () => {
    const folder = await mkdtemp(join(import.meta.dirname, '../../node_modules/.zones-'))
    const script = await bundleScheduler(folder)
    const url = `file:${join(folder, 'jobs.sqlite')}`
    const running = new Set<ZoneNode>()
    let now = at('18T12:00')

    const start = async (place: 0 | 1 | 2, jobs = [report, follow]): Promise<ZoneNode> => {
      const node = new ZoneNode(paths[place] ?? '', script)
      running.add(node)
      // In Node 20 the report of the 20th fails.
      await node.tell({ do: 'start', url, now, jobs, failing: ['2026-09-20T05:00:00.000Z'] })
      return node
    }
    const stop = async (node: ZoneNode): Promise<void> => {
      running.delete(node)
      await node.tell({ do: 'stop' })
    }
    const until = async (instant: number): Promise<void> => {
      for (now += HOUR / 2; now < instant; now += HOUR / 2) {
        for (const node of running) await node.tell({ do: 'advance', to: now })
      }
      now = instant
      for (const node of running) await node.tell({ do: 'advance', to: now })
    }

    try {
      const old = await start(0, [report])
      await until(at('20T05:30'))
      expect(old.ran).toEqual(['report 19T05:00', 'report 20T05:00'])

      // For these it is 05:30 now, and 06:00 in half an hour: but that was dealt with.
      const middle = await start(1)
      const newest = await start(2)
      expect(compareTimezoneData(middle.timezoneData, old.timezoneData)).toBeGreaterThan(0)
      expect(compareTimezoneData(newest.timezoneData, middle.timezoneData)).toBeGreaterThan(0)
      await until(at('21T12:00'))
      expect([old.ran.length, middle.ran, newest.ran]).toEqual([2, [], ['report 21T06:00', 'follow 21T06:00']])
      for (const node of [old, middle]) {
        expect(node.said.filter((text) => text.includes('older time-zone data'))).toHaveLength(1)
      }

      await stop(newest)
      await until(at('22T12:00'))
      expect([old.ran.length, middle.ran]).toEqual([2, ['report 22T06:00', 'follow 22T06:00']])

      running.delete(middle)
      await middle.kill()
      await until(at('23T05:30'))
      expect(old.ran.slice(2)).toEqual(['report 23T05:00'])
      expect(old.said.filter((text) => text.includes('fire here again'))).toHaveLength(1)

      // The report of the 23rd ran an hour ago: what comes after it finds it.
      const again = await start(1)
      await until(at('24T12:00'))
      expect(again.ran).toEqual(['follow 23T06:00', 'report 24T06:00', 'follow 24T06:00'])
      expect(old.ran.length).toBe(3)

      for (const node of [...running]) await stop(node)
      const store = await openStore(url)
      const rows = await store.executions({ limit: 100 })
      const told = rows.map(({ job, scheduledFor, status, skipReason }) => {
        const instant = new Date(scheduledFor).toISOString().slice(8, 16)
        return `${job} ${instant} ${status}${skipReason === null ? '' : ` (${skipReason})`}`
      })
      expect(told.sort()).toEqual([
        'follow 20T06:00 SKIPPED (after: the fire of report for the same local time ended as FAILURE)',
        ...['21T06:00', '22T06:00', '23T06:00', '24T06:00'].map((time) => `follow ${time} SUCCESS`),
        'report 19T05:00 SUCCESS',
        'report 20T05:00 FAILURE',
        ...['21T06:00', '22T06:00', '23T05:00', '24T06:00'].map((time) => `report ${time} SUCCESS`),
      ])
      const sessions = await store.sessions()
      expect(sessions.map(({ how }) => how).sort()).toEqual(['stopped', 'stopped', 'stopped', null].sort())
      await store.close()
    } finally {
      for (const node of running) await node.kill()
      await rm(folder, { recursive: true, force: true })
    }
  },
)
