import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publicTypes } from '../../scripts/public-types.mjs'

const root = join(import.meta.dirname, '..', '..')
const CONSUMER = `
import {
  createScheduler,
  defineJob,
  type Execution,
  type JobContext,
  type JobDefinition,
  type JobStore,
  type ListedJob,
  openStore,
  type SchedulerSettings,
  StoreError,
  TenantsError,
} from 'webstir-jobs'
import { runCommand } from 'webstir-jobs/cli'
import { registerJobs } from 'webstir-jobs/next'
import { parseSchedule, type Schedule, ScheduleError } from 'webstir-jobs/schedule'
import { createTestScheduler, TestClock } from 'webstir-jobs/testing'

export const schedule: Schedule = parseSchedule('@daily')
export async function run(ctx: JobContext): Promise<void> {
  ctx.log.info({ at: ctx.scheduledFor }, 'hello')
  // @ts-expect-error a log has no such method: its type is not any
  ctx.log.shout('hello')
}
export const jobs: JobDefinition[] = [{ name: 'hello', schedule: '@daily', run }]
export const settings: Partial<SchedulerSettings> = { concurrency: 2 }
export async function list(): Promise<[ListedJob[], Execution[]]> {
  const store: JobStore = await openStore('memory:')
  // @ts-expect-error claiming is internal
  store.claim
  return [await createScheduler({ jobs, settings, store }).jobs(), await store.executions({})]
}
// @ts-expect-error a definition has its code
export const bare: JobDefinition = { name: 'b' }
export const errors = [StoreError, TenantsError]
export const doors = [createScheduler, defineJob, runCommand, registerJobs, ScheduleError, createTestScheduler, TestClock]
`

let folder: string

beforeEach(() => {
  // Copied, not linked: from the real place, the types would find this checkout's development dependencies.
  folder = mkdtempSync(join(tmpdir(), 'webstir-types-'))
  const installed = join(folder, 'node_modules', 'webstir-jobs')
  cpSync(join(root, 'dist', 'types'), join(installed, 'dist', 'types'), { recursive: true })
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  mkdirSync(join(folder, 'node_modules', '@types'))
  for (const name of ['@types/node', 'undici-types'])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'consumer.ts'), CONSUMER)
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('the types of the built package', () => {
  it.each([
    ['NodeNext', 'NodeNext'],
    ['Bundler', 'ESNext'],
  ])('stand alone in a strict program that checks libraries too (%s)', async (resolution, kind) => {
    const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--types', 'node', '--target', 'es2023']
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const checked = promisify(execFile)(
      process.execPath,
      [tsc, ...options, '--module', kind, '--moduleResolution', resolution, 'consumer.ts'],
      { cwd: folder },
    ).catch((failed: { stdout: string }) => failed)

    expect((await checked).stdout).toBe('')
  })

  it('are those that the entry points reach, and each of them is exported', () => {
    const types = join(root, 'dist', 'types')

    const { files, hidden } = publicTypes(types, entries())

    expect(hidden).toEqual([])
    const published = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'))
    expect(published.sort()).toEqual([...files.keys()].sort())
    // Nothing of the internal store, the workers or the loop is among them.
    expect(published).not.toContain(join('runtime', 'store', 'store.d.ts'))
    expect(published).not.toContain(join('runtime', 'scheduler', 'loop.d.ts'))
  })
})

/** The declarations of each entry point, the main one first, relative to dist/types. */
function entries(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return Object.values<{ types?: string }>(exports).flatMap(({ types }) =>
    types ? [relative('dist/types', types)] : [],
  )
}
