import { systemClock } from '../clock.ts'
import { listJobs, renderJobList } from '../manifest/index.ts'
import { readWorkspace } from '../scheduler/read-workspace.ts'
import { leaveWith } from './failure.ts'
import { HELP } from './help.ts'
import { type GivenOptions, readOptions } from './options.ts'
import { placeOfFile } from './place.ts'

/** The built scheduler: `url` is that of build/backend/jobs/scheduler.js. What runs jobs is loaded only when asked for. */
export function main(url: string, argv: readonly string[] = process.argv.slice(2)): Promise<never> {
  return leaveWith(async () => {
    const options = readOptions(argv)
    const place = placeOfFile(url, 1)
    if (options.has('help')) return say(HELP)
    if (options.has('list')) return list(place, options)
    if (options.has('watch')) return (await import('./watch.ts')).watch(place, options)
    if (options.has('history') || options.has('status') || options.value('pause') || options.value('resume')) {
      return (await import('./inspect.ts')).inspect(place, options)
    }
    if (options.has('all')) return (await import('./run.ts')).runAll(place, options)
    if (options.value('job') !== undefined) return (await import('./run.ts')).runOne(place, options)
    await list(place, options)
    return say(`\n${HELP}`)
  })
}

async function list(place: { root: string; build: string }, options: GivenOptions): Promise<number> {
  const manifest = await readWorkspace(place)
  const now = systemClock.now()
  const jobs = listJobs(manifest, now)
  if (options.has('json')) return say(`${JSON.stringify(jobs, null, 2)}\n`)
  const color = process.stdout.isTTY && !process.env.NO_COLOR
  return say(renderJobList(jobs, now, { color }))
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}
