import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const CONSUMER = `
import { createScheduler, defineJob, type JobContext } from 'webstir-jobs'
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

it.each([
  ['NodeNext', 'NodeNext'],
  ['Bundler', 'ESNext'],
])(
  'the types of every door stand alone in a strict program that checks libraries too (%s)',
  async (resolution, kind) => {
    const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--types', 'node', '--target', 'es2023']
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const checked = promisify(execFile)(
      process.execPath,
      [tsc, ...options, '--module', kind, '--moduleResolution', resolution, 'consumer.ts'],
      { cwd: folder },
    ).catch((failed: { stdout: string }) => failed)

    expect((await checked).stdout).toBe('')
  },
)
