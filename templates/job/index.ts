import type { JobContext } from 'webstir-jobs'

/** What the job does. It has succeeded when this resolves, and failed when it throws. */
export async function run(ctx: JobContext): Promise<void> {
  ctx.log.info('{{name}} started')

  // Your work goes here. ctx.args holds its arguments; hand ctx.signal to whatever can be stopped.
}
