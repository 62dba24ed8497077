import { type Logger as PinoLogger, type LoggerOptions as PinoOptions, pino } from 'pino'
import type { Clock } from '../support/clock.ts'
import type { Env } from '../support/env.ts'
import { JobsError } from '../support/errors.ts'
import { lineRedactor } from '../support/redact.ts'
import { isTerminal } from '../support/stdio.ts'
import { loggedError } from '../support/thrown.ts'
import { fitArguments, fitLine } from './limits.ts'
import { prettyLine } from './pretty.ts'
import { standardOutput } from './standard-output.ts'

/** Level names, most detailed first. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type Level = (typeof LEVELS)[number]

/** One log method: a message with printf-style values, or fields and a message. */
export interface LogMethod {
  (message: string, ...values: unknown[]): void
  (fields: object, message?: string, ...values: unknown[]): void
}

/** What jobs log with: a pino logger, by the part of it that is promised. */
export interface Logger extends Record<Level, LogMethod> {
  child(fields: Record<string, unknown>): Logger
}

/** Takes whole lines, each with its line feed, such as a stream. */
export interface LineSink {
  write(line: string): void
}

export interface LogOptions {
  /** Least severe level that is written; default `LOG_LEVEL`, else `info`. */
  readonly level?: string | undefined
  /** Default `LOG_FORMAT`, else `pretty` on a terminal and `json` elsewhere. */
  readonly format?: 'json' | 'pretty' | undefined
  /** Names of fields whose values are hidden, beside those that are hidden anyway, and paths in pino's syntax. */
  readonly redact?: readonly string[]
  /** Where lines go, as JSON, whatever `format` says; default: standard output. */
  readonly destination?: LineSink
  readonly env?: Env
  /** Dates the lines; default: the system's clock. */
  readonly clock?: Pick<Clock, 'now'>
  /** For readable lines: the time of day of an ISO 8601 text; default: in UTC. */
  readonly timeOfDay?: (time: string) => string
  /** A stack that points at the sources, of one that points at what is built; default: as it is. */
  readonly pointed?: (stack: string) => string
}

/** The log of a process, as `openLog` opens it: where lines go, and how loggers on it are made. */
export interface LogOutput {
  readonly root: Logger
  /** Writes a line that another process's logger has made already. */
  relay(line: string): void
  /** A logger for one execution: every line carries `fields` and begins with `[job]`; `tap` sees each line too. */
  forExecution(job: string, fields: Record<string, unknown>, tap: (line: string) => void): Logger
}

/** Opens a log for the option `log` of `createScheduler`. Throws a JobsError for a level or a format that doesn't exist. */
export function openLog(options: LogOptions = {}): LogOutput {
  const env = options.env ?? process.env
  const level = checkedLevel(options.level ?? (env.LOG_LEVEL || 'info'))
  const lines =
    options.destination ?? openOutput(checkedFormat(options.format ?? (env.LOG_FORMAT || undefined)), options.timeOfDay)
  const further = options.redact ?? []
  const { clock, pointed = (stack: string) => stack } = options
  const redact = lineRedactor(further.filter((name) => !isPath(name)))
  const paths = further.filter(isPath)
  const settings: PinoOptions = {
    level,
    base: null,
    timestamp:
      clock === undefined ? pino.stdTimeFunctions.isoTime : () => `,"time":"${new Date(clock.now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (thrown: unknown) => loggedError(thrown, pointed) },
    hooks: {
      logMethod(args, method) {
        Reflect.apply(
          method,
          this,
          fitArguments(args).map((value) => (hasStack(value) ? pointed(value) : value)),
        )
      },
    },
    ...(paths.length === 0 ? {} : { redact: paths }),
  }
  const made = (line: string): string => fitLine(redact(line))
  return {
    root: asLogger(pino(settings, { write: (line) => lines.write(made(line)) })),
    relay: (line) => lines.write(line),
    forExecution(job, fields, tap) {
      const both: LineSink = {
        write(line) {
          const text = made(line)
          lines.write(text)
          tap(text)
        },
      }
      return asLogger(pino({ ...settings, base: fields, msgPrefix: `[${job}] ` }, both))
    },
  }
}

/** As of an error that was given to `console.error`. */
const hasStack = (value: unknown): value is string => typeof value === 'string' && value.includes('\n    at ')

const isPath = (name: string): boolean => /[.*[]/.test(name)

function checkedLevel(level: string): string {
  if ([...LEVELS, 'silent'].includes(level)) return level
  throw new JobsError('LOG_LEVEL', `LOG_LEVEL "${level}" is not a level`, {
    hint: `use one of ${LEVELS.join(', ')}, silent`,
  })
}

function checkedFormat(format: string | undefined): 'json' | 'pretty' {
  if (format === undefined) return isTerminal(1) ? 'pretty' : 'json'
  if (format === 'json' || format === 'pretty') return format
  throw new JobsError('LOG_FORMAT', `LOG_FORMAT "${format}" is not a format`, { hint: 'use json or pretty' })
}

function openOutput(format: 'json' | 'pretty', timeOfDay?: LogOptions['timeOfDay']): LineSink {
  if (format === 'json') return standardOutput((line) => line)
  const color = isTerminal(1) && !process.env.NO_COLOR
  return standardOutput((line) => prettyLine(line, color, timeOfDay))
}

/** A pino logger has every method of ours with wider types; this is the one place that says so. */
function asLogger(logger: PinoLogger): Logger {
  return logger satisfies Logger
}
