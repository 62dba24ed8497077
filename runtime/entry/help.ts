/** What the built scheduler says of itself. */
export const HELP = `Usage: node build/backend/jobs/scheduler.js [option]

  --list [--json]              the jobs, their schedules and when they run next
  --job NAME                   run one job once, now
      --args JSON              with these arguments (a JSON array, or one value)
      --tenant ID              for one tenant
      --scheduled-for TIME     as the fire of that instant (ISO 8601), claimed like any other
      --force                  beside a running one, and though it is disabled
  --all                        run every job once, by priority
  --watch [--job NAME]         run what is due until told to stop
      --strict                 refuse to start if anything in the manifest is wrong
      --grace DURATION         how long running jobs may take to finish on stop (default 30s)
      --no-reboot              do not fire @reboot schedules
  --history [--job NAME] [--limit N] [--json]    what ran, and what did not
  --pause NAME [--reason TEXT] stop firing a job until it is resumed
  --resume NAME                fire it again
  --status [--json]            exit 0 if a scheduler on this store is alive and on time, 1 if not
  --help                       this text

Environment: WORKSPACE_ROOT, JOBS_STORE_URL, DATABASE_URL, LOG_LEVEL, LOG_FORMAT=json|pretty, NAME_ENABLED=false;
.env, .env.local, .env.NODE_ENV and .env.NODE_ENV.local of the workspace are read.
Exit codes: 0 done, 1 failed, 2 wrong options, 75 the job is running already.
`
