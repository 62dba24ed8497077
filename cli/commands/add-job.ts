import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkJobName, findByName, looseName } from '../../runtime/manifest/job-names.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import type { JsonValue } from '../../runtime/support/json.ts'
import { CommandError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { type PolicyOptions, policiesOf } from '../command-line/policy-options.ts'
import { readScheduleOptions, type SchedulePreview } from '../command-line/schedule-input.ts'
import { lookWithin, placeFiles } from '../workspace/files.ts'
import { findWorkspace } from '../workspace/find.ts'
import { missingPackages } from '../workspace/installed.ts'
import { jobsDirOf } from '../workspace/jobs-dir.ts'
import { withWorkspaceLock } from '../workspace/lock.ts'
import { type ManifestText, openManifestText, readForChange, replacePackageJson } from '../workspace/package-json.ts'
import { readTemplate } from '../workspace/templates.ts'
import { webstirWarnings } from '../workspace/webstir-manifest.ts'

export interface AddJobOptions extends PolicyOptions {
  readonly name: string
  /** One expression, or several. */
  readonly schedule?: string | readonly string[] | undefined
  readonly description?: string | undefined
  /** A number as text becomes a number, anything else stays a label. */
  readonly priority?: string | undefined
  readonly timezone?: string | undefined
  readonly workspace?: string | undefined
  readonly dryRun?: boolean
  /** `function` (by default): the job exports run(ctx); `object`: a default object with meta() and run(). */
  readonly form?: 'function' | 'object'
}

export interface AddedJob {
  readonly job: string
  readonly workspace: string
  /** What was added to package.json, and where. */
  readonly entry: JsonValue
  readonly path: string
  /** The job's source, relative to the workspace. */
  readonly file: string
  readonly dryRun: boolean
  /** The first of `schedules`; null where there is none. */
  readonly schedule: ShownSchedule | null
  readonly schedules: readonly ShownSchedule[]
  readonly warnings: readonly string[]
}

type ShownSchedule = Omit<SchedulePreview, 'lines'>

/** Adds a job: its source file and its entry in package.json, both or neither. */
export async function addJob(options: AddJobOptions, io: Output): Promise<AddedJob> {
  const { name, dryRun = false } = options
  const fault = checkJobName(name)
  if (fault !== null) throw new CommandError('JOB_NAME', fault.message, { hint: fault.hint })
  const workspace = findWorkspace(options.workspace)
  const schedules = options.schedule === undefined ? [] : [options.schedule].flat()
  const entry = entryOf(options, schedules)
  const jobsDir = jobsDirOf(workspace)
  const file = `${jobsDir}/${name}/index.ts`
  const work = async () => {
    const text = readForChange(workspace)
    const manifest = await openManifestText(workspace, text)
    const given = { ...options, schedule: schedules }
    const { previews, warnings } = await readScheduleOptions(workspace, text, given, systemClock.now())
    refuseTwin(workspace, jobsDir, manifest, name)
    const changed = manifest.withEntry(entry)
    if (!dryRun) write(workspace, file, sourceOf(options), changed)
    warnings.push(...webstirWarnings(manifest.key, entry))
    for (const { message, hint } of await missingPackages(workspace, { ...process.env })) {
      warnings.push(`${message}: ${hint}`)
    }
    return { path: `${manifest.key}[${manifest.count}]`, previews, warnings }
  }
  const { path, previews, warnings } = await (dryRun ? work() : withWorkspaceLock(workspace, work))
  const shown = previews.map(({ words, timezone, next }) => ({ words, timezone, next }))
  const added: AddedJob = {
    job: name,
    workspace,
    entry,
    path,
    file,
    dryRun,
    schedule: shown[0] ?? null,
    schedules: shown,
    warnings,
  }
  if (io.json) io.data(added)
  else report(added, previews, io, options.form === 'object')
  for (const warning of warnings) io.warn(warning)
  return added
}

/** Exactly the keys that were given, in the order in which the docs list them. */
function entryOf(options: AddJobOptions, schedules: readonly string[]): { readonly [key: string]: JsonValue } {
  const { name, description, priority, timezone } = options
  const [only] = schedules
  return {
    name,
    ...(only === undefined ? {} : { schedule: schedules.length === 1 ? only : [...schedules] }),
    ...(description === undefined ? {} : { description }),
    ...(priority === undefined ? {} : { priority: isNumeric(priority) ? Number(priority) : priority }),
    ...(timezone === undefined ? {} : { timezone }),
    ...policiesOf(options),
  }
}

const isNumeric = (text: string): boolean => /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)\s*$/.test(text)

/** Throws where there is a job or a folder of that name already, or of one that differs only in case, `-` or `_`. */
function refuseTwin(workspace: string, jobsDir: string, { entries, key }: ManifestText, name: string): void {
  const { item: twin } = findByName(entries, name)
  if (twin !== undefined) {
    const place = `package.json: ${key}[${twin.index}]`
    throw twin.name === name
      ? new CommandError('JOB_EXISTS', `there is already a job "${name}" (${place})`, {
          hint: `choose another name, or remove it first: webstir remove-job ${name}`,
        })
      : new CommandError(
          'JOB_EXISTS',
          `"${name}" differs from the job "${twin.name}" (${place}) only in case, "-" or "_"`,
          {
            hint: 'choose a name that differs in a letter or a digit',
          },
        )
  }
  if (lookWithin(workspace, jobsDir.split('/'))?.isDirectory() === true) {
    const wanted = looseName(name)
    const folder = readdirSync(join(workspace, jobsDir)).find((each) => looseName(each) === wanted)
    if (folder !== undefined) {
      throw new CommandError('JOB_EXISTS', `${jobsDir}/${folder} already exists, without an entry in package.json`, {
        hint: `add { "name": "${folder}" } to ${key}, or move it away`,
      })
    }
  }
}

function sourceOf({ name, form }: AddJobOptions): string {
  const template = readTemplate(form === 'object' ? 'job-object/index.ts' : 'job/index.ts')
  return template.replaceAll('{{name}}', name).replaceAll('{{title}}', name.replaceAll('_', '-'))
}

/** The source first, so that a listed job always has its file. If package.json can't be written, the source is removed. */
function write(workspace: string, file: string, text: string, packageJson: string): void {
  lookWithin(workspace, file.split('/'))
  const takeBack = placeFiles(workspace, [{ path: file, text }])
  try {
    replacePackageJson(workspace, packageJson)
  } catch (error) {
    takeBack()
    throw error
  }
}

function report(
  { job, file, path, entry, dryRun }: AddedJob,
  previews: readonly SchedulePreview[],
  { out, color }: Output,
  isObject: boolean,
): void {
  out(dryRun ? `Would add the job ${color.bold(job)}. Nothing was changed.` : `Added the job ${color.bold(job)}.`)
  out('')
  out(`  ${color.green('+')} ${file}`)
  out(`  ${color.green('+')} package.json: ${path} = ${JSON.stringify(entry)}`)
  out('')
  if (previews.length === 0) {
    out(`Schedule  ${isObject ? 'every minute, as its meta() declares' : 'none: it runs on request'}`)
  }
  for (const preview of previews) {
    out(`Schedule  ${preview.words}`)
    for (const [index, line] of preview.lines.entries()) out(`${index === 0 ? 'Next runs ' : '          '}${line}`)
  }
  if (dryRun) return
  out('')
  out(`Write what it does in ${file}, then try it: ${color.bold(`webstir run-job ${job}`)}`)
}
