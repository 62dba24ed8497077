// Next.js calls register() once for each server that it starts, before the first request.
// https://nextjs.org/docs/app/guides/instrumentation
export async function register() {
  // The edge runtime has no processes, files or timers that last; Next.js leaves this branch out of its bundle.
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { registerJobs } = await import('webstir-jobs/next')
  await registerJobs({
    // In this order, one after the other, all in one tick under SYNC_CRON_SCHEDULE (default: 0 0 * * *). Each takes
    // its own lock, so that of many servers one runs it. Without `jobs`, those of the workspace's manifest run.
    jobs: [
      { name: 'sync-users', run: async () => console.log('sync-users: your work goes here') },
      { name: 'sync-orders', run: async () => console.log('sync-orders: your work goes here') },
    ],
  })
}
