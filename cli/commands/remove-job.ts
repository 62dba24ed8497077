import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { findByName, JobNotFoundError } from '../../runtime/manifest/job-names.ts'
import { messageOf } from '../../runtime/support/errors.ts'
import { ExitError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import type { Question } from '../command-line/prompt.ts'
import { lookWithin, uniqueName } from '../workspace/files.ts'
import { findWorkspace } from '../workspace/find.ts'
import { jobsDirOf } from '../workspace/jobs-dir.ts'
import { withWorkspaceLock } from '../workspace/lock.ts'
import { openManifestText, readForChange, replacePackageJson } from '../workspace/package-json.ts'

export interface RemoveJobOptions {
  /** Case, `-` and `_` make no difference. */
  readonly name: string
  /** Leave the job's folder where it is. */
  readonly keepFiles?: boolean
  /** Don't ask. */
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly workspace?: string | undefined
}

export interface RemovedJob {
  /** As written in package.json. */
  readonly job: string
  readonly workspace: string
  /** Places of the entries that were removed; more than one where the name was there twice. */
  readonly paths: readonly string[]
  /** Files that were removed with the job's folder, relative to the workspace. */
  readonly files: readonly string[]
  readonly keptFiles: boolean
  /** Jobs whose `after` still names it: they can't be used until that is changed. */
  readonly dependents: readonly string[]
  readonly dryRun: boolean
}

/** Removes a job: its entry in package.json and its folder, both or neither. */
export async function removeJob(
  options: RemoveJobOptions,
  io: Output,
  ask: (question: Question) => Promise<string | undefined> = askOnTerminal,
): Promise<RemovedJob> {
  const { keepFiles = false, dryRun = false } = options
  const workspace = findWorkspace(options.workspace)
  const work = async (): Promise<RemovedJob> => {
    const manifest = await openManifestText(workspace, readForChange(workspace))
    const found = findByName(manifest.entries, options.name)
    if (found.item === undefined) {
      throw new JobNotFoundError(
        options.name,
        manifest.entries.map(({ name }) => name),
      )
    }
    const job = found.item.name
    const indexes = manifest.entries.filter(({ name }) => name === job).map(({ index }) => index)
    const folder = [...jobsDirOf(workspace).split('/'), job]
    const hasFolder = !keepFiles && lookWithin(workspace, folder)?.isDirectory() === true
    const files = hasFolder ? filesIn(workspace, folder) : []
    const dependents = manifest.dependents(job).filter((name) => name !== job)
    if (!dryRun && !(await mayRemove(job, files, dependents, options, io, ask))) throw new ExitError(1)
    if (!dryRun) write(workspace, manifest.without(indexes), hasFolder ? folder : null, io)
    const paths = indexes.map((index) => `${manifest.key}[${index}]`)
    return { job, workspace, paths, files, keptFiles: keepFiles, dependents, dryRun }
  }
  const removed = await (dryRun ? work() : withWorkspaceLock(workspace, work))
  if (io.json) io.data(removed)
  else report(removed, io)
  for (const name of removed.dependents) {
    io.warn(
      `"after" of the job "${name}" names "${removed.job}"; change it, or "${name}" ${dryRun ? 'will' : 'does'} not run`,
    )
  }
  return removed
}

/** Asks on a terminal if more than the job's own file would be removed, or if another job depends on it. */
async function mayRemove(
  job: string,
  files: readonly string[],
  dependents: readonly string[],
  { yes }: RemoveJobOptions,
  io: Output,
  ask: (question: Question) => Promise<string | undefined>,
): Promise<boolean> {
  const others = files.filter((file) => !/\/index\.[mc]?[jt]sx?$/.test(file))
  if (yes === true || io.json || !io.interactive || (others.length === 0 && dependents.length === 0)) return true
  for (const file of others) io.err(`  ${io.color.red('-')} ${file}`)
  for (const name of dependents) io.err(`  "after" of ${name} names it`)
  const check = (answer: string): string | null => (/^(?:y|yes|n|no)$/i.test(answer) ? null : 'Answer yes or no.')
  const answer = await ask({ text: `Remove ${job} and all its files? yes or no`, byDefault: 'no', check })
  if (/^y/i.test(answer ?? '')) return true
  io.err('Nothing was removed.')
  return false
}

async function askOnTerminal(question: Question): Promise<string | undefined> {
  const { prompt } = await import('../command-line/prompt.ts')
  const [answer] = await prompt([question])
  return answer
}

function filesIn(workspace: string, folder: readonly string[]): string[] {
  return readdirSync(join(workspace, ...folder), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(workspace, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

/** The folder is moved aside first and deleted last, so that it can be moved back if package.json can't be written. */
function write(workspace: string, packageJson: string, folder: readonly string[] | null, io: Output): void {
  if (folder === null) {
    replacePackageJson(workspace, packageJson)
    return
  }
  const path = join(workspace, ...folder)
  const aside = join(workspace, `.webstir.removed-${uniqueName()}`)
  renameSync(path, aside)
  try {
    replacePackageJson(workspace, packageJson)
  } catch (error) {
    renameSync(aside, path)
    throw error
  }
  try {
    rmSync(aside, { recursive: true })
  } catch (error) {
    io.warn(`${aside} could not be deleted; delete it by hand (${messageOf(error)})`)
  }
}

function report({ job, workspace, paths, files, keptFiles, dryRun }: RemovedJob, { out, color }: Output): void {
  const folder = `${jobsDirOf(workspace)}/${job}`
  out(dryRun ? `Would remove the job ${color.bold(job)}. Nothing was changed.` : `Removed the job ${color.bold(job)}.`)
  out('')
  for (const path of paths) out(`  ${color.red('-')} package.json: ${path}`)
  for (const file of files) out(`  ${color.red('-')} ${file}`)
  if (keptFiles) out(`  Its files stay in ${folder}.`)
  else if (files.length === 0) out(`  It had no files in ${folder}.`)
}
