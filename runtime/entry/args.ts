import { isTimezone, suggestTimezone } from '../schedule/index.ts'
import { parseDuration } from '../support/duration.ts'
import { JobsError } from '../support/errors.ts'
import { didYouMean } from '../support/suggest.ts'

/** Wrong options on the command line: exit code 2. */
export class UsageError extends JobsError {}

const FLAGS = [
  'help',
  'list',
  'json',
  'all',
  'watch',
  'strict',
  'force',
  'no-reboot',
  'no-schedule',
  'no-work',
  'history',
  'status',
] as const
const VALUES = [
  'job',
  'args',
  'tenant',
  'scheduled-for',
  'grace',
  'queues',
  'pause',
  'resume',
  'reason',
  'limit',
  'timezone',
] as const

type Flag = (typeof FLAGS)[number]
type Value = (typeof VALUES)[number]

/** The built scheduler's options, as given: flags that were there, and the values of the others. */
export interface GivenOptions {
  has(flag: Flag): boolean
  value(name: Value): string | undefined
}

/** Reads `--flag`, `--name value` and `--name=value`. Throws UsageError for anything else, and for what does nothing. */
export function readOptions(argv: readonly string[]): GivenOptions {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word === '-h' ? '--help' : word) ?? []
    if ((FLAGS as readonly string[]).includes(name)) {
      if (inline !== undefined) throw new UsageError('USAGE', `--${name} takes no value`, { hint: `write --${name}` })
      flags.add(name)
    } else if ((VALUES as readonly string[]).includes(name)) {
      const value = inline ?? argv[++index]
      if (value === undefined) throw new UsageError('USAGE', `--${name} needs a value`, { hint: 'see --help' })
      values.set(name, value)
    } else {
      throw unknown(word, name)
    }
  }
  refuseIdle(new Set([...flags, ...values.keys()]))
  return { has: (flag) => flags.has(flag), value: (name) => values.get(name) }
}

/** The modes of the program, each with its options. */
const MODES: Readonly<Record<string, readonly string[]>> = {
  list: ['json', 'timezone'],
  watch: ['job', 'strict', 'grace', 'no-reboot', 'no-schedule', 'no-work', 'queues'],
  all: ['force', 'grace'],
  history: ['job', 'limit', 'json', 'timezone'],
  status: ['json', 'timezone'],
  pause: ['reason'],
  resume: [],
  job: ['args', 'tenant', 'scheduled-for', 'force', 'grace'],
}

/** Throws UsageError for two modes at once, and for an option that the mode does not have. */
function refuseIdle(given: ReadonlySet<string>): void {
  if (given.has('help')) return
  const modes = Object.keys(MODES).filter((name) => given.has(name))
  // With another mode, --job only selects the job.
  const asked = modes.length > 1 ? modes.filter((name) => name !== 'job') : modes
  const [mode = 'list', second] = asked
  if (second !== undefined) {
    throw new UsageError('USAGE', `--${mode} and --${second} exclude each other`, { hint: 'give one of them' })
  }
  for (const name of given) {
    if (name === mode || MODES[mode]?.includes(name) === true) continue
    const homes = Object.keys(MODES).filter((each) => MODES[each]?.includes(name) === true)
    throw new UsageError('USAGE', `--${name} does nothing ${asked.length === 0 ? 'on its own' : `with --${mode}`}`, {
      hint: `leave it out, or use it with ${homes.map((each) => `--${each}`).join(' or ')}`,
    })
  }
}

function unknown(word: string, name: string): UsageError {
  if (name === '')
    return new UsageError('USAGE', `"${word}" is not an option`, { hint: 'run a job with --job NAME; see --help' })
  const near = didYouMean(name, [...FLAGS, ...VALUES])
  return new UsageError('USAGE', `--${name} is not an option`, {
    hint: near === undefined ? 'see --help' : near.replace('"', '"--'),
  })
}

/** The help text of the built scheduler. */
export const HELP = `Usage: node build/backend/jobs/scheduler.js [option]

  --list [--json]              the jobs, their schedules and when they run next
  --job NAME                   run one job once, now
      --args JSON              with these arguments (a JSON array, or one value)
      --tenant ID              for one tenant
      --scheduled-for TIME     as the fire of that instant (ISO 8601)
      --force                  even if it is disabled or already running
  --all                        run every job once, by priority
  --watch [--job NAME]         run what is due until it is stopped
      --strict                 refuse to start if anything in the manifest is wrong
      --grace DURATION         how long running jobs may take to finish on stop (default 30s)
      --no-reboot              do not fire @reboot schedules
      --queues LIST            run only what is in these queues, such as reports,default
      --no-schedule            fire no schedules: only run what is queued
      --no-work                run nothing: only fire schedules, for other processes to run
  --history [--job NAME] [--limit N] [--json]    what ran, and what did not
  --pause NAME [--reason TEXT] stop firing a job until it is resumed
  --resume NAME                fire it again
  --status [--json]            exit 0 if a scheduler on this store is alive and on time, 1 if not
  --timezone TZ                the zone of the times that people read; default: that of the workspace
  --help                       this text

Environment: WORKSPACE_ROOT or WEBSTIR_WORKSPACE_ROOT, JOBS_STORE_URL, DATABASE_URL, LOG_LEVEL, LOG_FORMAT=json|pretty, NAME_ENABLED=false;
.env, .env.local, .env.NODE_ENV and .env.NODE_ENV.local of the workspace are read.
Exit codes: 0 done, 1 failed, 2 wrong options, 75 the job is already running.
`

/** The zone in which people read times: that of `--timezone`, else the workspace's. Throws UsageError where it is not one. */
export function readTimezone(given: string | undefined, byDefault: string): string {
  if (given === undefined || given === 'UTC' || isTimezone(given)) return given ?? byDefault
  const near = suggestTimezone(given)
  throw new UsageError('USAGE', `--timezone "${given}" is not a time zone`, {
    hint: near === undefined ? 'use an IANA name such as Europe/Berlin, or UTC' : `did you mean ${near}?`,
  })
}

/** How long running jobs may take to finish after a request to stop, by default. */
const DEFAULT_GRACE = '30s'

/** The value of `--grace`, in ms; `text` is undefined where there is none. Throws UsageError where it is not a valid duration. */
export function readGrace(text: string | undefined): number {
  const grace = parseDuration(text ?? DEFAULT_GRACE)
  if (grace !== undefined) return grace
  throw new UsageError('USAGE', `--grace "${text}" is not a valid duration`, { hint: 'use one such as 30s or 2m' })
}
