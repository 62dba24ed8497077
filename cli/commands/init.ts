import { existsSync, lstatSync, rmdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { isTimezone, suggestTimezone } from '../../runtime/schedule/index.ts'
import { messageOf } from '../../runtime/support/errors.ts'
import { makeFolders } from '../../runtime/support/folders.ts'
import { CommandError, ExitError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import type { Question } from '../command-line/prompt.ts'
import { lookWithin, type NewFile, placeFiles } from '../workspace/files.ts'
import { checkedJobsDir, DEFAULT_JOBS_DIR } from '../workspace/jobs-dir.ts'
import { withWorkspaceLock } from '../workspace/lock.ts'
import { type MergePlan, planMerge, withIncluded } from '../workspace/merge.ts'
import { changes, isWhole, type NewWorkspace, report } from '../workspace/new-workspace.ts'
import { ownDependency } from '../workspace/own-dependency.ts'
import { addMissing, readForChange, replacePackageJson } from '../workspace/package-json.ts'
import { packageManagerOf } from '../workspace/package-manager.ts'
import { packageNameFault, packageNameFrom } from '../workspace/package-name.ts'
import { readTemplate, TENANTS_FILE, TENANTS_TEMPLATE, workspaceFiles } from '../workspace/templates.ts'

export interface InitOptions {
  readonly dir: string
  /** Default: made from the folder's name. A project that is there keeps its own. */
  readonly name?: string | undefined
  /** Default: UTC. */
  readonly timezone?: string | undefined
  /** Where jobs are, relative to the workspace; default: src/backend/jobs. */
  readonly jobsDir?: string | undefined
  /** Ask nothing. */
  readonly yes?: boolean
  /** With src/backend/tenants.ts, too. */
  readonly multiTenant?: boolean
  readonly dryRun?: boolean
}

/** Makes a workspace in a folder, or out of a project that is there: all that it takes or nothing, and never over a file. */
export async function init(options: InitOptions, io: Output, ask: Ask = askOnTerminal): Promise<NewWorkspace> {
  const folder = resolve(options.dir)
  refuseFile(folder)
  const jobsDir = options.jobsDir === undefined ? DEFAULT_JOBS_DIR : checkedJobsDir('--jobs-dir', options.jobsDir)
  const isProject = existsSync(join(folder, 'package.json'))
  const made = await (isProject
    ? initProject(options, folder, jobsDir, io, ask)
    : initFolder(options, folder, jobsDir, io))
  if (io.json) io.data(made)
  else report(made, io)
  return made
}

async function initFolder(options: InitOptions, folder: string, jobsDir: string, io: Output): Promise<NewWorkspace> {
  const { name, timezone } = await complete(options, folder, io)
  const isNew = !existsSync(folder)
  const outermost = makeFolders(folder)
  const written = options.dryRun !== true
  try {
    const basic = workspaceFiles({ name, timezone, dependency: ownDependency(folder) })
    const files = [...withJobsDir(basic, jobsDir), ...tenantsFiles(options)]
    const paths = files.map(({ path }) => path)
    refuseCollisions(folder, paths)
    if (written) placeFiles(folder, files)
    else if (isNew) removeEmpty(folder, outermost)
    return { workspace: folder, name, timezone, files: paths, additions: null, left: [], written }
  } catch (error) {
    if (isNew) removeEmpty(folder, outermost)
    throw error
  }
}

/** Adds what a workspace has to a project; what is there stays as it is. */
async function initProject(
  options: InitOptions,
  folder: string,
  jobsDir: string,
  io: Output,
  ask: Ask,
): Promise<NewWorkspace> {
  const { name: given = nameIn(readForChange(folder)), timezone } = options
  if (timezone !== undefined) reject('--timezone', timezone, zoneFault(timezone), suggestTimezone(timezone))
  const manager = packageManagerOf(folder)
  const plan = (): MergePlan =>
    planMerge({
      folder,
      text: readForChange(folder),
      name: given ?? packageNameFrom(basename(folder)),
      timezone: timezone ?? 'UTC',
      dependency: ownDependency(folder),
      jobsDir,
      allowsScripts: manager.name === 'npm' && (manager.root ?? folder) === folder,
    })
  const made = (written: boolean, { additions, files, left }: MergePlan): NewWorkspace => {
    const paths = [...files, ...tenantsFiles(options)].map(({ path }) => path)
    const name = given ?? packageNameFrom(basename(folder))
    return { workspace: folder, name, timezone: timezone ?? 'UTC', files: paths, additions, left, written }
  }
  if (options.dryRun === true) return made(false, plan())
  const shown = made(false, plan())
  if (io.interactive && !io.json && options.yes !== true && !isWhole(shown)) {
    for (const line of changes(shown, io)) io.err(line)
    const answer = await ask({ text: 'Add all this? yes or no', byDefault: 'yes', check: yesOrNo })
    if (!isYes(answer)) {
      io.err('Nothing was changed.')
      throw new ExitError(1)
    }
  }
  return withWorkspaceLock(folder, () => {
    const planned = plan()
    const takeBack = placeFiles(folder, [...planned.files, ...tenantsFiles(options)])
    try {
      if (planned.additions.length > 0) replacePackageJson(folder, planned.packageJson)
    } catch (error) {
      takeBack()
      throw error
    }
    return made(true, planned)
  })
}

type Ask = (question: Question) => Promise<string | undefined>

async function askOnTerminal(question: Question): Promise<string | undefined> {
  const { prompt } = await import('../command-line/prompt.ts')
  const [answer] = await prompt([question])
  return answer
}

const isYes = (answer: string | undefined): boolean => /^y(?:es)?$/i.test(answer ?? '')
const yesOrNo = (answer: string): string | null => (/^(?:y|yes|n|no)$/i.test(answer) ? null : 'answer yes or no')

function tenantsFiles({ multiTenant, dir }: InitOptions): NewFile[] {
  if (multiTenant !== true || existsSync(join(resolve(dir), TENANTS_FILE))) return []
  return [{ path: TENANTS_FILE, text: readTemplate(TENANTS_TEMPLATE) }]
}

function withJobsDir(files: readonly NewFile[], jobsDir: string): NewFile[] {
  const added = [{ path: ['webstir', 'jobsDir'], value: jobsDir }]
  if (jobsDir === DEFAULT_JOBS_DIR) return [...files]
  return files.map(({ path, text }) => {
    if (path === 'tsconfig.json') return { path, text: withIncluded(text, jobsDir) }
    return { path, text: path === 'package.json' ? addMissing(text, added) : text }
  })
}

function nameIn(text: string): string | undefined {
  try {
    const { name }: { name?: unknown } = JSON.parse(text.replace(/^\ufeff/, ''))
    return typeof name === 'string' ? name : undefined
  } catch (error) {
    throw new CommandError('MANIFEST_JSON', `package.json is not valid JSON: ${messageOf(error)}`, {
      hint: 'fix it first; nothing was written',
    })
  }
}

function refuseFile(folder: string): void {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  if (stat === undefined || stat.isDirectory()) return
  const what = stat.isSymbolicLink() ? 'a symbolic link, which is not followed' : 'a file'
  throw new CommandError('NOT_A_FOLDER', `${folder} is ${what}`, {
    hint: 'name a folder that is empty or not there yet',
  })
}

/** On a terminal, what was not given is asked for. */
async function complete(
  { name, timezone, yes }: InitOptions,
  folder: string,
  { interactive }: Output,
): Promise<{ name: string; timezone: string }> {
  if (name !== undefined) reject('--name', name, packageNameFault(name), packageNameFrom(name))
  if (timezone !== undefined) reject('--timezone', timezone, zoneFault(timezone), suggestTimezone(timezone))
  const byDefault = { name: packageNameFrom(basename(folder)), timezone: 'UTC' }
  const missing = [
    ...(name === undefined ? [{ text: 'Name', byDefault: byDefault.name, check: packageNameFault }] : []),
    ...(timezone === undefined ? [{ text: 'Time zone', byDefault: byDefault.timezone, check: zoneFault }] : []),
  ]
  const asks = interactive && yes !== true && missing.length > 0
  const answers = asks ? await (await import('../command-line/prompt.ts')).prompt(missing) : []
  return {
    name: name ?? answers.shift() ?? byDefault.name,
    timezone: timezone ?? answers.shift() ?? byDefault.timezone,
  }
}

function reject(option: string, value: string, fault: string | null, suggestion: string | undefined): void {
  if (fault === null) return
  throw new CommandError('INIT_OPTION', `${option} ${JSON.stringify(value)}: ${fault}`, {
    hint: suggestion === undefined ? 'see "webstir init --help"' : `did you mean "${suggestion}"?`,
  })
}

const zoneFault = (zone: string): string | null =>
  zone === 'UTC' || isTimezone(zone) ? null : 'this is not a time zone; use an IANA name such as Europe/Berlin, or UTC'

/** All that is in the way is named at once. */
function refuseCollisions(folder: string, paths: readonly string[]): void {
  const there = paths.filter((path) => lookWithin(folder, path.split('/')) !== undefined)
  if (there.length === 0) return
  const verb = there.length === 1 ? 'is' : 'are'
  throw new CommandError('FILES_EXIST', `${folder}: ${there.join(', ')} ${verb} there already; nothing was written`, {
    hint: 'choose another folder, or move what is in the way',
  })
}

function removeEmpty(folder: string, outermost: string | undefined): void {
  try {
    for (let each = folder; outermost !== undefined && each.length >= outermost.length; each = resolve(each, '..')) {
      rmdirSync(each)
    }
  } catch {}
}
