import { prettyLine } from '../../runtime/logging/pretty.ts'
import { findJobEver, historyNames } from '../../runtime/manifest/job-names.ts'
import { executionOf, followLog, shownError, shownLine } from '../../runtime/operations/executions.ts'
import { statusText } from '../../runtime/operations/history.ts'
import { clockText, localTimeOf } from '../../runtime/schedule/index.ts'
import type { Execution, LogLine } from '../../runtime/store/execution.ts'
import type { Store } from '../../runtime/store/store.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import type { JsonValue } from '../../runtime/support/json.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { readTimezone } from '../command-line/option-values.ts'
import type { Output } from '../command-line/output.ts'
import { placeOfWorkspace, withExistingStore } from '../workspace/store.ts'

export interface JobLogsOptions {
  /** A job's name, which means its newest execution; or an execution's id, or enough of its beginning or end. */
  readonly executionId: string
  /** Keep printing until the execution has ended. */
  readonly follow?: boolean
  /** The zone of the times; default: the workspace's. */
  readonly timezone?: string | undefined
  readonly workspace?: string | undefined
}

/** A line of an execution's log as `--json` shows it. */
export interface ShownLogLine {
  /** ISO 8601, in UTC. */
  readonly at: string
  readonly level: string
  readonly message: string
  readonly data: { readonly [key: string]: JsonValue } | null
}

/** Prints the log of an execution; with `follow`, until it has ended. */
export async function jobLogs(options: JobLogsOptions, io: Output): Promise<readonly ShownLogLine[]> {
  const place = await placeOfWorkspace(options.workspace)
  const manifest = await readWorkspace(workspacePaths(place.root), place.env)
  const timezone = readTimezone(options.timezone, manifest.settings.timezone)
  return await withExistingStore(place, async (store) => {
    const job = findJobEver(manifest.jobs, options.executionId)
    const names = job === undefined ? [] : historyNames(manifest.jobs, job)
    const execution = await executionOf(store, options.executionId, { names, timezone })
    const shown: ShownLogLine[] = []
    const show = (stored: LogLine): void => {
      const line = shownLine(stored, manifest.settings.redact)
      const { level, message, data } = line
      shown.push({ at: new Date(line.at).toISOString(), level, message, data })
      if (!io.json) io.out(textOf(line, timezone, io.color.isColorSupported))
    }
    const end = store === null ? null : await printed(store, execution, options.follow === true, show)
    if (io.json) io.data(shown)
    else io.err(summary(end ?? execution, shown.length, timezone, io.color.isColorSupported))
    return shown
  })
}

async function printed(
  store: Store,
  execution: Execution,
  follow: boolean,
  show: (line: LogLine) => void,
): Promise<Execution | null> {
  if (!follow) {
    for (const line of await store.logLines(execution.id)) show(line)
    return execution
  }
  const lines = followLog(store, execution.id, systemClock)
  for (;;) {
    const step = await lines.next()
    if (step.done === true) return step.value
    show(step.value)
  }
}

/** Characters that a terminal would interpret instead of show, except line breaks, tabs and colours. */
const CONTROLS = /\u001b(?!\[[\d;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g

/** As the scheduler prints it on a terminal; the time of day is that of the zone. */
function textOf({ at, level, message, data }: LogLine, timezone: string, color: boolean): string {
  const { date, time } = localTimeOf(new Date(at), timezone)
  const milliseconds = String(at % 1000).padStart(3, '0')
  const json = JSON.stringify({ level, time: `${date}T${time}.${milliseconds}`, msg: message, ...data })
  return prettyLine(json, color).trimEnd().replace(CONTROLS, ' ')
}

function summary(
  { job, status, scheduledFor, skipReason, error }: Execution,
  lines: number,
  timezone: string,
  color: boolean,
): string {
  const why = skipReason ?? shownError(error)?.message
  const count = lines === 0 ? 'logged nothing' : lines === 1 ? '1 line' : `${lines} lines`
  const when = clockText(scheduledFor, timezone)
  return `[${job}] of ${when}: ${statusText(status, color)}${why == null ? '' : ` (${why})`}, ${count}`
}
