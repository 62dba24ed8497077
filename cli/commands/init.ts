import { existsSync, lstatSync, mkdirSync, rmdirSync } from 'node:fs'
import { basename, relative, resolve } from 'node:path'
import { isTimezone, suggestTimezone } from '../../runtime/schedule/index.ts'
import { CommandError } from '../command-line/errors.ts'
import type { Output } from '../command-line/output.ts'
import { lookWithin, placeFiles } from '../workspace/files.ts'
import { packageNameFault, packageNameFrom } from '../workspace/package-name.ts'
import { ownDependency, readTemplate, TENANTS_FILE, TENANTS_TEMPLATE, workspaceFiles } from '../workspace/templates.ts'

export interface InitOptions {
  readonly dir: string
  /** Default: made from the folder's name. */
  readonly name?: string | undefined
  /** Default: UTC. */
  readonly timezone?: string | undefined
  /** Ask nothing. */
  readonly yes?: boolean
  /** With src/backend/tenants.ts, too. */
  readonly multiTenant?: boolean
}

export interface NewWorkspace {
  readonly workspace: string
  readonly name: string
  readonly timezone: string
  /** Relative to the workspace. */
  readonly files: readonly string[]
}

/** Makes a workspace in a folder: all of its files or none, and never over one that is there. */
export async function init(options: InitOptions, io: Output): Promise<NewWorkspace> {
  const folder = resolve(options.dir)
  refuseFile(folder)
  const { name, timezone } = await complete(options, folder, io)
  const isNew = !existsSync(folder)
  const outermost = mkdirSync(folder, { recursive: true })
  try {
    const basic = workspaceFiles({ name, timezone, dependency: ownDependency(folder) })
    const tenants = { path: TENANTS_FILE, text: readTemplate(TENANTS_TEMPLATE) }
    const files = options.multiTenant === true ? [...basic, tenants] : basic
    refuseCollisions(
      folder,
      files.map(({ path }) => path),
    )
    placeFiles(folder, files)
    const made: NewWorkspace = { workspace: folder, name, timezone, files: files.map(({ path }) => path) }
    if (io.json) io.data(made)
    else report(made, io)
    return made
  } catch (error) {
    if (isNew) removeEmpty(folder, outermost)
    throw error
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
  zone === 'UTC' || isTimezone(zone) ? null : 'this is no time zone; use an IANA name such as Europe/Berlin, or UTC'

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

function report({ workspace, name, timezone, files }: NewWorkspace, { out, color }: Output): void {
  const place = relative(process.cwd(), workspace) || '.'
  out(`Made the workspace ${color.bold(name)} in ${place} (time zone ${timezone}).`)
  out('')
  for (const file of files) out(`  ${color.green('+')} ${file}`)
  out('')
  out('Next:')
  for (const line of [
    ...(place === '.' ? [] : [`cd ${place}`]),
    'npm install',
    'npx webstir add-job hello --schedule "rate(10 seconds)"',
    'npm run watch',
  ]) {
    out(`  ${color.bold(line)}`)
  }
}
