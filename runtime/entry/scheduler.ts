import { writeOut } from '../standard-output.ts'
import { leaveWith } from './failure.ts'
import { HELP } from './help.ts'
import { type GivenOptions, readOptions } from './options.ts'
import { placeOfFile } from './place.ts'

/** The built scheduler: `url` is that of build/backend/jobs/scheduler.js. Each part is loaded only when asked for. */
export function main(url: string, argv: readonly string[] = process.argv.slice(2)): Promise<never> {
  return leaveWith(() => perform(readOptions(argv), placeOfFile(url, 1)))
}

async function perform(options: GivenOptions, place: { root: string; build: string }): Promise<number> {
  if (options.has('help')) return say(HELP)
  if (options.has('watch')) return (await import('./watch.ts')).watch(place, options)
  if (options.has('history') || options.has('status') || options.value('pause') || options.value('resume')) {
    return (await import('./inspect.ts')).inspect(place, options)
  }
  if (options.has('all')) return (await import('./run.ts')).runAll(place, options)
  if (options.value('job') !== undefined && !options.has('list'))
    return (await import('./run.ts')).runOne(place, options)
  const { listing } = await import('./list.ts')
  const list = await listing(place, options.has('json'))
  return say(options.has('list') ? list : `${list}\n${HELP}`)
}

function say(text: string): number {
  writeOut(text)
  return 0
}
