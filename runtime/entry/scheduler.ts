import { writeOut } from '../support/stdio.ts'
import { workspaceOfFile } from '../workspace/paths.ts'
import { type GivenOptions, HELP, readOptions } from './args.ts'
import { leaveWith } from './exit.ts'

// build/backend/jobs/scheduler.js, whole: one file less to load at each start. Each part is loaded on request for.
await leaveWith(() => perform(readOptions(process.argv.slice(2)), workspaceOfFile(import.meta.url, 1)))

async function perform(options: GivenOptions, paths: { root: string; build: string }): Promise<number> {
  if (options.has('help')) return say(HELP)
  if (options.has('watch')) return (await import('./watch.ts')).watch(paths, options)
  if (options.has('history') || options.has('status') || options.value('pause') || options.value('resume')) {
    return (await import('./inspect.ts')).inspect(paths, options)
  }
  if (options.has('all')) return (await import('./run.ts')).runAll(paths, options)
  if (options.value('job') !== undefined && !options.has('list'))
    return (await import('./run.ts')).runOne(paths, options)
  const { listing } = await import('./list.ts')
  const list = await listing(paths, options)
  return say(options.has('list') || options.has('json') ? list : `${list}\n${HELP}`)
}

function say(text: string): number {
  writeOut(text)
  return 0
}
