import { canonicalJson } from '../../support/json.ts'
import type { LastNominal, ScheduleTables, StoredSchedule } from '../schedule-tables.ts'
import type { Row } from '../transaction-script.ts'
import { typed } from './columns.ts'
import { type Dialect, inserter, locking, rowSet, valueSet } from './dialect.ts'
import { number, numberOrNull, text } from './rows.ts'

const COLUMNS =
  's.key, s.job, s.expression, s.timezone, s.watermark, s.anchor, s.nominal_at, s.nominal_fire_at, s.retired_at'
const NEW = [
  'key',
  'job',
  'expression',
  'timezone',
  'args',
  'origin',
  'watermark',
  'anchor',
  'nominal_at',
  'nominal_fire_at',
  'first_seen_at',
  'seen_at',
  'retired_at',
]

export function scheduleTables(dialect: Dialect): ScheduleTables {
  const keys = rowSet(dialect, { key: 'text' })
  const texts = valueSet(dialect, 'text')
  const times = rowSet(dialect, { key: 'text', nominal_at: 'integer', nominal_fire_at: 'integer' })
  const awaited = rowSet(dialect, { key: 'text', job: 'text', nominal_at: 'integer' })
  const sql = {
    // SQLite's writers are alone, so nothing needs locking. Nearly always the schedules of a tick have one watermark in
    // common, which one row tells; else a row of each watermark is still far less than a row of each key.
    sameMark: `select count(*) as n, min(s.watermark) as least, max(s.watermark) as most
      from json_each(?) v cross join job_schedule s on s.key = v.value`,
    watermarks:
      dialect === 'sqlite'
        ? `select s.watermark, json_group_array(s.key) as keys from job_schedule s
            where s.key in (select value from json_each(?)) group by s.watermark`
        : `select s.key, s.watermark from ${keys.sql} v join job_schedule s on s.key = v.key
            order by s.key for update of s`,
    all: `select ${COLUMNS} from job_schedule s order by s.key${locking(dialect, 'wait', 's')}`,
    some: `select ${COLUMNS} from job_schedule s where s.key ${texts.isAmong}
      order by s.key${locking(dialect, 'wait', 's')}`,
    move:
      dialect === 'sqlite'
        ? `update job_schedule set watermark = ?1 from json_each(?2) v
            where job_schedule.key = v.value and job_schedule.watermark < ?1`
        : `update job_schedule set watermark = ?1 where key ${texts.isAmong.replace('?', '?2')} and watermark < ?1`,
    nominal: `select s.key, s.nominal_at, s.nominal_fire_at from job_schedule s
      where s.key ${texts.isAmong} and s.nominal_at is not null`,
    setNominal: `update job_schedule set nominal_at = v.nominal_at, nominal_fire_at = v.nominal_fire_at
      from ${times.sql} v where job_schedule.key = v.key`,
    firesFor: `select distinct v.key, v.job, v.nominal_at, a.nominal_fire_at from ${awaited.sql} v
      join job_schedule s on s.key = v.key
      join job_schedule a on a.job = v.job and a.timezone = s.timezone and a.nominal_at = v.nominal_at`,
    retire: `update job_schedule set retired_at = ? where key ${texts.isAmong}`,
  }
  const tail = `on conflict (key) do update set ${NEW.slice(1)
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}
    where job_schedule.retired_at is not null or job_schedule.job <> excluded.job`
  const put = inserter(dialect, 'job_schedule', typed(NEW), tail)
  return {
    *schedules(wanted) {
      const rows =
        wanted === null
          ? yield { sql: sql.all, parameters: [] }
          : yield { sql: sql.some, parameters: [texts.of(wanted)] }
      return rows.map(storedSchedule)
    },
    *watermarks(wanted) {
      if (dialect === 'sqlite') {
        const watermarks = new Map<string, number>()
        // In the order of the table, where each is found next to the one before.
        const parameters = [JSON.stringify([...wanted].sort())]
        const [all] = yield { sql: sql.sameMark, parameters }
        if (all !== undefined && number(all, 'n') > 0 && number(all, 'n') === wanted.length && all.least === all.most) {
          const watermark = number(all, 'least')
          for (const key of wanted) watermarks.set(key, watermark)
          return watermarks
        }
        for (const row of yield { sql: sql.watermarks, parameters }) {
          const watermark = number(row, 'watermark')
          const keys: string[] = JSON.parse(text(row, 'keys'))
          for (const key of keys) watermarks.set(key, watermark)
        }
        return watermarks
      }
      const rows = yield { sql: sql.watermarks, parameters: keys.of(wanted.map((key) => [key])) }
      return new Map(rows.map((row) => [text(row, 'key'), number(row, 'watermark')]))
    },
    *moveWatermarks(watermarks) {
      // Nearly all the lines of a tick move to the same instant: now.
      const byInstant = new Map<number, string[]>()
      for (const { key, to } of watermarks) {
        const keys = byInstant.get(to)
        if (keys === undefined) byInstant.set(to, [key])
        else keys.push(key)
      }
      for (const [to, keys] of byInstant) {
        yield { sql: sql.move, parameters: [to, texts.of(keys.sort())], isBlind: true }
      }
    },
    *nominalTimes(wanted) {
      const found = new Map<string, LastNominal>()
      for (const row of yield { sql: sql.nominal, parameters: [texts.of(wanted)] }) {
        found.set(text(row, 'key'), { local: number(row, 'nominal_at'), firedAt: number(row, 'nominal_fire_at') })
      }
      return found
    },
    *setNominalTimes(moved) {
      if (moved.size === 0) return
      const rows = [...moved].map(([key, { local, firedAt }]) => [key, local, firedAt])
      yield { sql: sql.setNominal, parameters: times.of(rows), isBlind: true }
    },
    *firesFor(wanted) {
      const parameters = awaited.of(wanted.map(({ scheduleKey, job, local }) => [scheduleKey, job, local]))
      return (yield { sql: sql.firesFor, parameters }).map((row) => ({
        scheduleKey: text(row, 'key'),
        job: text(row, 'job'),
        local: number(row, 'nominal_at'),
        scheduledFor: number(row, 'nominal_fire_at'),
      }))
    },
    *putSchedules(schedules, now) {
      const rows = schedules.map((one) => [
        one.key,
        one.job,
        one.expression,
        one.timezone,
        canonicalJson(one.args),
        one.origin,
        one.watermark,
        one.anchor,
        one.nominal?.local ?? null,
        one.nominal?.firedAt ?? null,
        now,
        now,
        null,
      ])
      yield* put(rows)
    },
    *retireSchedules(retired, now) {
      if (retired.length === 0) return
      yield { sql: sql.retire, parameters: [now, texts.of(retired)], isBlind: true }
    },
  }
}

function storedSchedule(row: Row): StoredSchedule {
  return {
    key: text(row, 'key'),
    job: text(row, 'job'),
    expression: text(row, 'expression'),
    timezone: text(row, 'timezone'),
    watermark: number(row, 'watermark'),
    anchor: numberOrNull(row, 'anchor'),
    nominal: nominalOf(row),
    retired: numberOrNull(row, 'retired_at') !== null,
  }
}

function nominalOf(row: Row): LastNominal | null {
  const local = numberOrNull(row, 'nominal_at')
  return local === null ? null : { local, firedAt: number(row, 'nominal_fire_at') }
}
