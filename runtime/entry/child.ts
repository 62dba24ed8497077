import { Worker } from 'node:worker_threads'
import { openBuiltDatabase } from '../job/database.ts'
import { builtModules } from '../job/job-module.ts'
import { openLog } from '../logging/logger.ts'
import { openStore } from '../store/open.ts'
import { systemClock } from '../support/clock.ts'
import { AbortedError, abortedBy } from '../worker/abort.ts'
import { killOwnTree } from '../worker/child-process.ts'
import { type InlineSurroundings, startInline } from '../worker/inline.ts'
import type { FromChild, ToChild } from '../worker/isolation.ts'
import { captureConsole, captureUnhandledErrors } from '../worker/job-scope.ts'
import { PendingCalls } from '../worker/relayed-calls.ts'
import type { AttemptBody, CodeEnd } from '../worker/services.ts'
import { SourceStacks } from '../worker/source-stacks.ts'
import { thrownRecord } from '../worker/thrown-record.ts'

// The process of one isolated execution. It gets what to run, reports what happens, and exits when that is done. When
// its scheduler dies, another one takes the execution over, so this process exits at once.

const report = (message: FromChild): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve())
    else resolve()
  })

let body: AttemptBody | undefined
const calls = new PendingCalls((request) => void report({ kind: 'call', ...request }))

// Removed, so that the job's code finds no arguments that aren't its own.
const [scheduler] = process.argv.splice(2)
process.on('disconnect', () => {
  killOwnTree()
  process.exit(1)
})
new Worker(new URL('./watchdog.js', import.meta.url), { workerData: Number(scheduler) }).unref()
// A terminal's Ctrl-C reaches the whole group; the scheduler decides what becomes of this process.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => body?.abort(abortedBy('stop')))
process.on('message', (message: ToChild) => {
  if (message.kind === 'called') calls.answered(message)
  else if (message.kind === 'abort') body?.abort(new AbortedError(message.cause, message.message))
  else void start(message)
})

async function start({ execution, job, workspace }: Extract<ToChild, { kind: 'start' }>): Promise<void> {
  const { redact } = workspace
  const stacks = new SourceStacks(workspace.build)
  const log = openLog({
    redact,
    pointed: (stack) => stacks.now(stack),
    destination: { write: (line) => void report({ kind: 'log', line }) },
  })
  const { job: name, id, tenant } = execution
  const fields = { job: name, executionId: id, ...(tenant === '' ? {} : { tenant }) }
  const logger = log.forExecution(name, fields, () => {})
  captureConsole()
  captureUnhandledErrors((error) => logger.error({ err: error }, 'an error that belongs to no run'))
  const services: InlineSurroundings = {
    env: process.env,
    modules: builtModules(workspace.build),
    openDatabase: () => openBuiltDatabase(workspace.build),
    call: (name, args) => calls.run(name, args),
    enqueue: calls.enqueue,
    store: {
      async transaction(scope, work) {
        const store = await openStore(workspace.storeUrl, { workspace: workspace.root, clock: systemClock })
        return store.transaction(scope, work).finally(() => store.close())
      },
    },
  }
  body = startInline(execution, job, services, {
    logger: () => logger,
    fansOut: () => {},
    progress: (percent, text) => void report({ kind: 'progress', percent, message: text }),
  })
  const end = await body.ended
  if (end.kind === 'threw') {
    await stacks.point(end.error)
  }
  await report(endMessage(end, redact))
  process.exit(0)
}

function endMessage(end: CodeEnd, redact: readonly string[]): FromChild {
  if (end.kind === 'returned') {
    return { kind: 'end', end: 'returned', ...(end.result === undefined ? {} : { result: end.result }) }
  }
  if (end.kind === 'skipped') return { kind: 'end', end: 'skipped', reason: end.reason }
  return { kind: 'end', end: 'threw', ...thrownRecord(end.error, redact) }
}
