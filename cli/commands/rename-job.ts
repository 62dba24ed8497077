import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { enabledVariable } from '../../runtime/manifest/environment.ts'
import { checkJobName, findByName, JobNotFoundError } from '../../runtime/manifest/job-names.ts'
import { scheduleKey } from '../../runtime/manifest/job-schedule.ts'
import type { Job } from '../../runtime/manifest/types.ts'
import { systemClock } from '../../runtime/support/clock.ts'
import { workspacePaths } from '../../runtime/workspace/paths.ts'
import { readWorkspace } from '../../runtime/workspace/read-workspace.ts'
import { CommandError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { lookWithin } from '../workspace/files.ts'
import { jobsDirOf } from '../workspace/jobs-dir.ts'
import { withWorkspaceLock } from '../workspace/lock.ts'
import { type ManifestText, openManifestText, readForChange, replacePackageJson } from '../workspace/package-json.ts'
import { placeOfWorkspace, type WorkspacePlace, withExistingStore } from '../workspace/store.ts'

export interface RenameJobOptions {
  /** Case, `-` and `_` make no difference. */
  readonly oldName: string
  readonly newName: string
  readonly dryRun?: boolean
  readonly workspace?: string | undefined
}

export interface RenamedJob {
  /** As written in package.json. */
  readonly from: string
  readonly to: string
  readonly workspace: string
  /** The job's folder, relative to the workspace, as it was and as it is; null where it has none. */
  readonly folder: { readonly from: string; readonly to: string } | null
  /** Jobs whose `after` named it. */
  readonly after: readonly string[]
  /** Source files that still have the old name in quotes, relative to the workspace. */
  readonly mentions: readonly string[]
  /** The workspace had been renamed before; only the store was changed. */
  readonly storeOnly: boolean
  readonly dryRun: boolean
}

/**
 * Renames a job: its folder, its entry, the `after` of others, and what the store keeps of its schedules and pauses. What
 * has run keeps the old name, which the entry remembers. All of it or nothing; refused while the job runs or is queued.
 */
export async function renameJob(options: RenameJobOptions, io: Output): Promise<RenamedJob> {
  const { newName: to, dryRun = false } = options
  const fault = checkJobName(to)
  if (fault !== null) throw new CommandError('JOB_NAME', fault.message, { hint: fault.hint })
  const place = await placeOfWorkspace(options.workspace)
  const work = (): Promise<RenamedJob> => rename(place, options.oldName, to, dryRun)
  const renamed = await (dryRun ? work() : withWorkspaceLock(place.root, work))
  if (io.json) io.data(renamed)
  else report(renamed, io)
  const { from, mentions } = renamed
  if (mentions.length > 0) io.warn(`"${from}" is still named in ${mentions.join(', ')}; change it there by hand`)
  const variable = enabledVariable(from)
  if (place.env[variable] !== undefined) {
    io.warn(`${variable} no longer applies to the job; set ${enabledVariable(to)} instead`)
  }
  return renamed
}

async function rename(place: WorkspacePlace, given: string, to: string, dryRun: boolean): Promise<RenamedJob> {
  const { root: workspace, env } = place
  const manifest = await openManifestText(workspace, readForChange(workspace))
  const { jobs } = await readWorkspace(workspacePaths(workspace), { ...env })
  const already = jobs.find(({ name, formerly }) => name === to && formerly.includes(given))
  if (already !== undefined && findByName(manifest.entries, given).item === undefined) {
    if (!dryRun) await moveInStore(place, given, to, already)
    return { from: given, to, workspace, folder: null, after: [], mentions: [], storeOnly: true, dryRun }
  }
  const entry = entryNamed(manifest, given)
  const from = entry.name
  refuseTwin(manifest, entry, to)
  const job = jobs.find(({ name }) => name === from)
  const packageJson = manifest.renamed(entry.index, from, to)
  const folder = folderOf(workspace, from, to)
  if (!dryRun) {
    const takeBack = write(workspace, folder, packageJson, readForChange(workspace))
    try {
      await moveInStore(place, from, to, job)
    } catch (error) {
      takeBack()
      throw error
    }
  }
  const after = manifest.dependents(from)
  const mentions = filesNaming(workspace, from, dryRun ? null : folder)
  return { from, to, workspace, folder, after, mentions, storeOnly: false, dryRun }
}

function entryNamed({ entries, key }: ManifestText, name: string): { readonly name: string; readonly index: number } {
  const { item } = findByName(entries, name)
  if (item === undefined) {
    throw new JobNotFoundError(
      name,
      entries.map((entry) => entry.name),
    )
  }
  const same = entries.filter((entry) => entry.name === item.name)
  if (same.length === 1) return item
  throw new CommandError('JOB_EXISTS', `"${item.name}" is in ${key} ${same.length} times`, {
    hint: 'remove all entries but one',
  })
}

function refuseTwin({ entries, key }: ManifestText, entry: { readonly index: number }, to: string): void {
  const others = entries.filter(({ index }) => index !== entry.index)
  const { item: twin } = findByName(others, to)
  if (twin === undefined) return
  throw new CommandError('JOB_EXISTS', `there is already a job "${twin.name}" (package.json: ${key}[${twin.index}])`, {
    hint: 'choose another name',
  })
}

function folderOf(workspace: string, from: string, to: string): RenamedJob['folder'] {
  const jobsDir = jobsDirOf(workspace)
  if (lookWithin(workspace, [...jobsDir.split('/'), from])?.isDirectory() !== true) return null
  const isThere = readdirSync(join(workspace, jobsDir)).includes(to)
  if (isThere && from !== to) {
    throw new CommandError('JOB_EXISTS', `${jobsDir}/${to} already exists`, {
      hint: 'move it away, or choose another name',
    })
  }
  return { from: `${jobsDir}/${from}`, to: `${jobsDir}/${to}` }
}

/** Folder first, then package.json. Returns a function that undoes both; if the second fails, the first is undone. */
function write(workspace: string, folder: RenamedJob['folder'], packageJson: string, before: string): () => void {
  const move = (from: string, to: string): void => renameSync(join(workspace, from), join(workspace, to))
  if (folder !== null) move(folder.from, folder.to)
  const takeBackFolder = (): void => {
    if (folder !== null) move(folder.to, folder.from)
  }
  try {
    replacePackageJson(workspace, packageJson)
  } catch (error) {
    takeBackFolder()
    throw error
  }
  return () => {
    replacePackageJson(workspace, before)
    takeBackFolder()
  }
}

async function moveInStore(place: WorkspacePlace, from: string, to: string, job: Job | undefined): Promise<void> {
  const schedules = (job?.schedules ?? []).map((schedule) => {
    const { text, origin } = schedule
    const { timezone, args } = schedule.written ?? schedule
    const keyOf = (name: string): string => scheduleKey(name, { text, timezone, args })
    return { key: keyOf(to), formerKey: keyOf(from), expression: text, timezone, args, origin }
  })
  await withExistingStore(place, async (store) => {
    const open = await store?.renameJob({ from, to, schedules, now: systemClock.now() })
    if (open == null) return
    const state = open.status === 'RUNNING' ? 'is running' : 'is waiting to run'
    throw new CommandError('JOB_BUSY', `"${from}" ${state} (execution ${open.id})`, {
      hint: `wait for its end, or cancel it: webstir cancel ${open.id.slice(-8)}`,
    })
  })
}

/** Files of src that have the name in quotes, as in `runBackgroundJob('nightly')`. */
function filesNaming(workspace: string, name: string, moved: RenamedJob['folder']): string[] {
  const quoted = [`'${name}'`, `"${name}"`, `\`${name}\``]
  const root = join(workspace, 'src')
  if (lookWithin(workspace, ['src'])?.isDirectory() !== true) return []
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && /\.[mc]?[jt]sx?$/.test(entry.name) && !entry.parentPath.includes('node_modules'),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const text = readFileSync(path, 'utf8')
      return quoted.some((each) => text.includes(each))
    })
    .map((path) => relative(workspace, path).split(sep).join('/'))
    .filter((path) => moved === null || !path.startsWith(`${moved.from}/`))
    .sort()
}

function report({ from, to, folder, after, storeOnly, dryRun }: RenamedJob, { out, color }: Output): void {
  if (storeOnly) {
    out(`The workspace knows ${color.bold(to)} by its new name already.`)
    out(`${dryRun ? 'Would move' : 'Moved'} what the store keeps of ${from}: watermarks and pauses.`)
    return
  }
  const names = `${color.bold(from)} to ${color.bold(to)}`
  out(dryRun ? `Would rename ${names}. Nothing was changed.` : `Renamed ${names}.`)
  out('')
  if (folder !== null) out(`  ${folder.from} -> ${folder.to}`)
  out(`  package.json: "name": ${JSON.stringify(to)}, "formerly": ${JSON.stringify(from)}`)
  for (const job of after) out(`  package.json: "after" of ${job}`)
  if (dryRun) return
  out('')
  out(`What has run is kept as ${from}; webstir job-history ${to} shows both. Build, and restart what runs the jobs.`)
}
