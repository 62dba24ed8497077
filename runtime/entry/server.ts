import { adoptScheduler } from '../client/run-background-job.ts'
import { type LogOutput, openLog } from '../logging/logger.ts'
import { createScheduler, type Scheduler } from '../scheduler/scheduler.ts'
import { openHttpServer } from '../server/http-server.ts'
import type { Route } from '../server/router.ts'
import { workspaceHandler } from '../server/workspace-handler.ts'
import { systemClock } from '../support/clock.ts'
import { loadEnvFiles } from '../support/env.ts'
import { messageOf } from '../support/errors.ts'
import { onStopSignal } from '../support/stop-signals.ts'
import { captureUnhandledErrors } from '../worker/job-scope.ts'
import { SourceStacks } from '../worker/source-stacks.ts'
import { workspaceOfFile } from '../workspace/paths.ts'
import { leaveWith } from './exit.ts'
import { readServerOptions } from './server-args.ts'

// `node build/backend/webstir/server.js`: the workspace's HTTP handler, and the scheduler beside it. One signal stops both.

await leaveWith(async () => {
  const { root, build } = workspaceOfFile(import.meta.url, 1)
  await loadEnvFiles(root)
  const { port, host, withoutBot, role, grace } = readServerOptions(process.argv.slice(2), process.env)
  const stacks = new SourceStacks(build)
  const log = openLog({ pointed: (stack) => stacks.now(stack) })
  captureUnhandledErrors((error) =>
    log.root.error({ err: error }, `an error that belongs to no job: ${messageOf(error)}`),
  )
  const scheduler = createScheduler({ workspace: root, shutdownTimeout: grace, log, ...role })
  // Requests may run jobs, also where nothing is fired here.
  adoptScheduler(scheduler)
  const handler = await workspaceHandler(build)
  const routes: Route[] = handler === null ? [] : [handler]
  // Before the scheduler: a port that is in use is noticed before anything has fired.
  const server = await openHttpServer({ port, host, routes, log: log.root, clock: systemClock })
  log.root.info(
    `listening on ${server.url}${handler === null ? ', with no handler: src/backend/index.ts has none' : ''}`,
  )
  const stopped = new Promise<void>((resolve) => {
    onStopSignal((signal) => {
      log.root.info(
        `${signal}: no more requests and fires; what runs has ${grace / 1000} s to finish (send it again to leave at once)`,
      )
      resolve()
    })
  })
  try {
    await Promise.race([stopped, withoutBot ? stopped : watch(scheduler, log)])
  } finally {
    await Promise.all([server.close(grace), scheduler.destroy()])
  }
  log.root.info('stopped')
  return 0
})

/** Rejects where the scheduler can't begin; where nothing is left to fire, the server goes on all the same. */
async function watch(scheduler: Scheduler, { root }: LogOutput): Promise<never> {
  const watching = scheduler.start()
  root.info(`watching ${(await scheduler.jobs()).length} jobs`)
  await watching
  return new Promise<never>(() => {})
}
