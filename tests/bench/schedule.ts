/*
 * Schedules beside the two libraries that Node projects use most, in one run: the same expressions, the same zones, the
 * same starts. `npm run bench -- schedule`.
 */
import { CronExpressionParser } from 'cron-parser'
import { Cron } from 'croner'
import { parseSchedule, type Schedule } from '../../runtime/schedule/index.ts'

const EXPRESSIONS = [
  '* * * * *',
  '*/5 * * * *',
  '0 * * * *',
  '30 2 * * *',
  '0 0 * * *',
  '0 9 * * MON-FRI',
  '*/15 9-17 * * 1-5',
  '0 0 1 * *',
  '15 14 1,15 * *',
  '0 0 L * *',
  '0 6 * * 1,3,5',
  '45 23 28-31 12 *',
]
const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Havana',
  'Africa/Casablanca',
]

/** What a library offers: read an expression, then find fires. */
interface Peer {
  readonly name: string
  parse(expression: string, timezone: string): unknown
  stepper(expression: string, timezone: string): (after: Date) => Date | null
}

const OURS: Peer = {
  name: 'webstir-jobs',
  parse: (expression, timezone) => parseSchedule(expression, { timezone }),
  stepper(expression, timezone) {
    const schedule = parseSchedule(expression, { timezone })
    return (after) => schedule.next(after)
  },
}

const PEERS: readonly Peer[] = [
  OURS,
  {
    name: 'croner',
    parse: (expression, timezone) => new Cron(expression, { timezone, paused: true }),
    stepper(expression, timezone) {
      const cron = new Cron(expression, { timezone, paused: true })
      return (after) => cron.nextRun(after)
    },
  },
  {
    name: 'cron-parser',
    parse: (expression, timezone) => CronExpressionParser.parse(expression, { tz: timezone }),
    stepper(expression, timezone) {
      const iterator = CronExpressionParser.parse(expression, { tz: timezone })
      return (after) => {
        iterator.reset(after)
        return iterator.next().toDate()
      }
    },
  },
]

const NASTY = [
  '0 0 29 2 MON#5',
  '0 0 * 2 MON#5',
  '0 0 29 2 *',
  '59 59 23 L-30 * *',
  '0 0 0 29 2 * 2096-2199',
  '0 0 31W 12 *',
  '* * 29 2 */6',
]

/** How long each measurement lasts, in milliseconds. */
const SPAN = 1000
const START = Date.parse('2026-01-01T00:00:00Z')
const END = Date.parse('2028-01-01T00:00:00Z')

export async function bench(): Promise<void> {
  const rows = [
    ['next, named zones', ...PEERS.map((peer) => nextRate(peer, ZONES))],
    ['next, UTC', ...PEERS.map((peer) => nextRate(peer, ['UTC']))],
    ['parse, named zones', ...PEERS.map((peer) => parseRate(peer, ZONES))],
    ['parse, UTC', ...PEERS.map((peer) => parseRate(peer, ['UTC']))],
  ] as const
  console.log('schedules: operations a second, and how many times slower than ours')
  console.table(
    Object.fromEntries(
      rows.map(([what, ours, ...others]) => [
        what,
        {
          [OURS.name]: count(Number(ours)),
          ...Object.fromEntries(
            others.map((rate, index) => [
              PEERS[index + 1]?.name,
              `${count(Number(rate))} (${times(Number(ours) / Number(rate))})`,
            ]),
          ),
        },
      ]),
    ),
  )
  console.log(memory())
  console.log('the search at its worst')
  console.table(Object.fromEntries(NASTY.map((expression) => [expression, nasty(expression)])))
}

/** Walks each expression in each zone through two years, again and again, for SPAN milliseconds in all. */
function nextRate(peer: Peer, zones: readonly string[]): number {
  const walks = zones.flatMap((zone) =>
    EXPRESSIONS.map((expression) => ({ next: peer.stepper(expression, zone), from: new Date(START) })),
  )
  const round = (): number => {
    for (const walk of walks) {
      const fire = walk.next(walk.from)
      walk.from = fire === null || fire.getTime() > END ? new Date(START) : fire
    }
    return walks.length
  }
  return rateOf(round)
}

function parseRate(peer: Peer, zones: readonly string[]): number {
  const round = (): number => {
    for (const zone of zones) for (const expression of EXPRESSIONS) peer.parse(expression, zone)
    return zones.length * EXPRESSIONS.length
  }
  return rateOf(round)
}

function rateOf(round: () => number): number {
  for (const warmUp = performance.now(); performance.now() - warmUp < SPAN / 4; ) round()
  let done = 0
  const start = performance.now()
  while (performance.now() - start < SPAN) done += round()
  return (done * 1000) / (performance.now() - start)
}

/** The heap that 100,000 different schedules take, after a collection where node runs with --expose-gc. */
function memory(): string {
  const collect = (globalThis as { gc?: () => void }).gc
  collect?.()
  const before = process.memoryUsage().heapUsed
  const schedules: Schedule[] = []
  for (let index = 0; index < 100_000; index++) {
    const expression = `${index % 60} ${Math.floor(index / 60) % 24} ${1 + (index % 28)} * ${index % 7}`
    schedules.push(parseSchedule(expression, { timezone: ZONES[index % ZONES.length] }))
  }
  collect?.()
  const megabytes = (process.memoryUsage().heapUsed - before) / 2 ** 20
  return `${count(schedules.length)} schedules parsed: ${megabytes.toFixed(1)} MB${collect ? '' : ' (run node with --expose-gc for a figure without garbage)'}`
}

function nasty(expression: string): { average: string; worst: string } {
  const schedule = parseSchedule(expression, { timezone: 'Europe/Berlin' })
  const spans: number[] = []
  for (let year = 1970; year < 2170; year++) {
    const start = performance.now()
    schedule.next(new Date(Date.UTC(year, 6, 1)))
    spans.push(performance.now() - start)
  }
  const average = spans.reduce((sum, span) => sum + span, 0) / spans.length
  return { average: `${average.toFixed(4)} ms`, worst: `${Math.max(...spans).toFixed(2)} ms` }
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US')
const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 1 : 0)}x`
