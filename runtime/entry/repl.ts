import { homedir } from 'node:os'
import { join } from 'node:path'
import { type REPLServer, start } from 'node:repl'
import { inspect } from 'node:util'
import { enqueue } from '../client/enqueue.ts'
import { adoptScheduler, runBackgroundJob } from '../client/run-background-job.ts'
import { lateDatabase, openBuiltDatabase } from '../job/database.ts'
import { openLog } from '../logging/logger.ts'
import { createScheduler } from '../scheduler/scheduler.ts'
import { openStore } from '../store/open.ts'
import { loadEnvFiles } from '../support/env.ts'
import { captureUnhandledErrors } from '../worker/job-scope.ts'
import { SourceStacks } from '../worker/source-stacks.ts'
import { workspaceOfFile } from '../workspace/paths.ts'
import { leaveWith } from './exit.ts'
import { completeJobNames, lineByLine } from './repl-input.ts'

// `webstir repl`: Node's REPL in a built workspace, with what one needs to look at its jobs and to run them.

const GREETING = `At hand: runBackgroundJob(name, ...args), enqueue(name, args, options), jobs, scheduler, store, database, log.
await works at the top level, Tab completes the names of jobs, .exit leaves.
`

await leaveWith(async () => {
  const { root, build } = workspaceOfFile(import.meta.url, 1)
  await loadEnvFiles(root)
  const stacks = new SourceStacks(build)
  const log = openLog({
    format: process.env.LOG_FORMAT === 'json' ? 'json' : 'pretty',
    pointed: (stack) => stacks.now(stack),
  })
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
  Object.assign(repl.context, {
    runBackgroundJob,
    enqueue,
    jobs,
    scheduler,
    store,
    database: database.client,
    log: log.root,
  })
  completeJobNames(
    repl,
    jobs.map(({ name }) => name),
  )
  captureUnhandledErrors((error) => {
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
