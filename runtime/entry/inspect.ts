import type { Manifest } from '../manifest/index.ts'
import { findJobEver, historyNames, jobNamed } from '../manifest/job-names.ts'
import { healthOf } from '../operations/health.ts'
import { readHistory, renderHistory } from '../operations/history.ts'
import { zonesText } from '../operations/nodes.ts'
import { pause } from '../operations/pauses.ts'
import { clockText } from '../schedule/index.ts'
import { openExistingStore, openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { systemClock } from '../support/clock.ts'
import { isTerminal, terminalWidth, writeOut } from '../support/stdio.ts'
import type { WorkspacePaths } from '../workspace/paths.ts'
import { readWorkspace } from '../workspace/read-workspace.ts'
import { type GivenOptions, readTimezone, UsageError } from './args.ts'

/** `--history`, `--status`, `--pause` and `--resume`: they need the store, and run nothing. */
export async function inspect(paths: WorkspacePaths, options: GivenOptions): Promise<number> {
  const manifest = await readWorkspace(paths)
  const where = { env: process.env, workspace: paths.root, clock: systemClock }
  if (options.has('history') || options.has('status')) {
    // Reading does not create a store.
    const store = await openExistingStore(where)
    try {
      return await (options.has('history') ? history : status)(store, manifest, options)
    } finally {
      await store?.close()
    }
  }
  const store = await openStore(undefined, where)
  try {
    return await pauseOrResume(store, manifest, options)
  } finally {
    await store.close()
  }
}

async function history(store: Store | null, manifest: Manifest, options: GivenOptions): Promise<number> {
  const name = options.value('job')
  const limit = Number(options.value('limit') ?? 50)
  if (!Number.isInteger(limit) || limit < 1) {
    throw new UsageError('USAGE', `--limit "${options.value('limit')}" is not a count`, {
      hint: 'use a whole number from 1',
    })
  }
  const jobs =
    name === undefined
      ? {}
      : { jobs: historyNames(manifest.jobs, findJobEver(manifest.jobs, name) ?? jobNamed(manifest, name)) }
  const records = store === null ? [] : await readHistory(store, { ...jobs, limit }, manifest)
  const color = isTerminal(1) && !process.env.NO_COLOR
  const timezone = readTimezone(options.value('timezone'), manifest.settings.timezone)
  return say(
    options.has('json')
      ? json(records)
      : renderHistory(records, systemClock.now(), {
          color,
          width: terminalWidth(),
          timezone,
          isFiltered: name !== undefined,
        }),
  )
}

/** Healthy: at least one scheduler on this store is alive, and its loop on time. */
async function status(store: Store | null, manifest: Manifest, options: GivenOptions): Promise<number> {
  const health = healthOf((await store?.nodes()) ?? [], systemClock.now(), manifest.settings.staleAfter)
  const isHealthy = health.some(({ isAlive, isOnTime }) => isAlive && isOnTime)
  const timezone = readTimezone(options.value('timezone'), manifest.settings.timezone)
  if (options.has('json')) say(json(health))
  else if (health.length === 0)
    say('No scheduler is watching. Start one: node build/backend/jobs/scheduler.js --watch\n')
  for (const node of options.has('json') ? [] : health) {
    const state = node.isAlive ? (node.isOnTime ? 'alive, on time' : 'alive, but its loop is late') : 'dead'
    say(
      `${node.host}, process ${node.pid}: ${state}; last heartbeat ${clockText(Date.parse(node.heartbeatAt), timezone)}\n`,
    )
    say(zonesText(node) ?? '')
  }
  return isHealthy ? 0 : 1
}

async function pauseOrResume(store: Store, manifest: Manifest, options: GivenOptions): Promise<number> {
  const now = systemClock.now()
  const paused = options.value('pause')
  if (paused !== undefined) {
    const { name } = jobNamed(manifest, paused)
    await pause(store, name, options.value('reason'), now)
    return say(`Paused ${name}. Its fires are recorded as skipped until --resume ${name}.\n`)
  }
  const { name } = jobNamed(manifest, options.value('resume') ?? '')
  await store.resume(name, now)
  return say(`Resumed ${name}. What was due while it was paused is not caught up.\n`)
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

function say(text: string): number {
  writeOut(text)
  return 0
}
