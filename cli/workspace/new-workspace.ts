import { relative } from 'node:path'
import type { Output } from '../command-line/output.ts'
import type { Addition } from './merge.ts'
import { packageManagerOf, runnerOf } from './package-manager.ts'

/** What `webstir init` has made, or would make. */
export interface NewWorkspace {
  readonly workspace: string
  readonly name: string
  readonly timezone: string
  /** That were written, relative to the workspace. */
  readonly files: readonly string[]
  /** What was added to a package.json that was there; null where all of it is new. */
  readonly additions: readonly Addition[] | null
  /** What stays as it was although a new workspace would have it otherwise, in words. */
  readonly left: readonly string[]
  /** False where this was a dry run. */
  readonly written: boolean
}

/** What is written, and what stays. */
export function changes({ additions, files, left }: NewWorkspace, { color }: Pick<Output, 'color'>): string[] {
  const lines = (additions ?? []).map(
    ({ path, value }) => `  ${color.green('+')} package.json: ${path.join('.')} = ${JSON.stringify(value)}`,
  )
  lines.push(...files.map((file) => `  ${color.green('+')} ${file}`))
  if (left.length > 0) lines.push('', 'Left to you:', ...left.map((line) => `  - ${line}`))
  return lines
}

/** Nothing is missing. */
export const isWhole = ({ files, additions }: NewWorkspace): boolean => files.length === 0 && additions?.length === 0

/** Tells of it, and what comes next. */
export function report(made: NewWorkspace, io: Output): void {
  const { workspace, name, timezone, additions, written } = made
  const { out, color } = io
  const place = relative(process.cwd(), workspace)
  const inPlace = place === '' ? 'in this folder' : `in ${place}`
  if (isWhole(made)) out(`${color.bold(name)} ${inPlace} is a workspace already; there is nothing to add.`)
  else if (!written) out(`Would make the workspace ${color.bold(name)} ${inPlace}. Nothing was changed.`)
  else if (additions === null) out(`Made the workspace ${color.bold(name)} ${inPlace} (time zone ${timezone}).`)
  else out(`Made a workspace of ${color.bold(name)} ${inPlace}; nothing that was there has changed.`)
  const lines = changes(made, io)
  if (lines.length > 0) out('')
  for (const line of lines) out(line)
  if (!written || isWhole(made)) return
  const manager = packageManagerOf(workspace).name
  out('')
  out('Next:')
  for (const line of [
    ...(place === '' ? [] : [`cd ${place}`]),
    `${manager} install`,
    `${runnerOf(manager)} webstir add-job hello --schedule "rate(10 seconds)"`,
    `${manager} run ${additions === null ? 'watch' : 'jobs:watch'}`,
  ]) {
    out(`  ${color.bold(line)}`)
  }
}
