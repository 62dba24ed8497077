import { homedir } from 'node:os'
import { join } from 'node:path'
import { type REPLServer, start } from 'node:repl'
import { inspect } from 'node:util'
import { loadEnvFiles } from '../env.ts'
import { openBuiltDatabase } from '../execution/built-database.ts'
import { lateDatabase } from '../execution/database.ts'
import { captureStrays } from '../execution/frame.ts'
import { openLog } from '../logging/logger.ts'
import { createScheduler } from '../scheduler/bot.ts'
import { adoptScheduler, runBackgroundJob } from '../scheduler/run-background-job.ts'
import { openStore } from '../store/open.ts'
import { completeJobNames } from './complete-job-names.ts'
import { leaveWith } from './failure.ts'
import { lineByLine } from './line-by-line.ts'
import { placeOfFile } from './place.ts'

// `webstir repl`: Node's REPL in a built workspace, with what one needs to look at its jobs and to run them.

const GREETING = `At hand: runBackgroundJob(name, ...args), jobs, scheduler, store, database, log.
await works at the top level, Tab completes the names of jobs, .exit leaves.
`

await leaveWith(async () => {
  const { root, build } = placeOfFile(import.meta.url, 1)
  await loadEnvFiles(root)
  const log = openLog({ format: process.env.LOG_FORMAT === 'json' ? 'json' : 'pretty' })
  const store = await openStore(undefined, { workspace: root })
  const scheduler = createScheduler({ workspace: root, store, log })
  adoptScheduler(scheduler)
  const jobs = await scheduler.jobs()
  const database = lateDatabase(() => openBuiltDatabase(build))
  if (process.stdout.isTTY) process.stdout.write(GREETING)
  const piped = process.stdin.isTTY ? null : lineByLine(process.stdin)
  const repl = start({
    ignoreUndefined: true,
    output: process.stdout,
    ...(piped === null ? { prompt: 'webstir> ', input: process.stdin } : { prompt: '', input: piped.input }),
  })
  Object.assign(repl.context, { runBackgroundJob, jobs, scheduler, store, database: database.client, log: log.root })
  completeJobNames(
    repl,
    jobs.map(({ name }) => name),
  )
  captureStrays((error) => {
    repl.output.write(`Uncaught ${inspect(error)}\n`)
    repl.displayPrompt()
  })
  keepHistory(repl)
  const left = new Promise<void>((resolve) => repl.once('exit', () => resolve()))
  await Promise.race([left, piped?.feed(repl).then(() => left) ?? left])
  await scheduler.destroy()
  await database.close()
  await store.close()
  return 0
})

/** What was typed is there again the next time; WEBSTIR_REPL_HISTORY names another file, or none when it is empty. */
function keepHistory(repl: REPLServer): void {
  const file = process.env.WEBSTIR_REPL_HISTORY ?? join(homedir(), '.webstir_repl_history')
  if (file === '' || !repl.terminal) return
  repl.setupHistory(file, (error) => {
    if (error !== null) repl.output.write(`The history can't be kept in ${file}: ${error.message}\n`)
  })
}
