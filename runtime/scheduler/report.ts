import type { Logger } from '../logging/logger.ts'
import type { Execution, Fire, SkipCause } from '../store/execution.ts'
import type { ExecutionEnd } from '../worker/attempt.ts'
import type { SchedulerEmitter, SkippedFire } from './events.ts'

/** Reports to the log and the listeners what happens to executions. */
export class Report {
  constructor(
    private readonly log: Logger,
    private readonly events: SchedulerEmitter,
  ) {}

  started(execution: Execution): void {
    this.log.debug(fields(execution), `[${execution.job}] started`)
    this.events.emit('started', { execution })
  }

  ended({ execution, outcome, thrown, file, recorded, durationMs }: ExecutionEnd): void {
    const { job, tenant } = execution
    const whose = tenant === '' ? '' : ` for tenant ${tenant}`
    const about = { ...fields(execution), durationMs }
    if (!recorded) {
      this.log.warn(about, `[${job}] ended after another process had taken it over; its outcome was not recorded`)
      return
    }
    switch (outcome.kind) {
      case 'success':
        this.log.info(about, `[${job}] succeeded${whose} in ${durationMs} ms`)
        this.events.emit('succeeded', { execution, durationMs })
        return
      case 'skipped':
        this.skipped(execution, 'pre-check', outcome.reason)
        return
      case 'cancelled':
        this.log.warn(about, `[${job}] cancelled${whose}: ${outcome.error.message}`)
        break
      case 'released':
        this.log.warn(about, `[${job}] interrupted: ${outcome.error.message}; queued again`)
        break
      case 'retry':
        this.log.warn(
          { ...about, err: thrown, retryAt: new Date(outcome.availableAt).toISOString() },
          `[${job}] failed${whose} in attempt ${execution.attempt}, trying again: ${withFile(outcome.error.message, file)}`,
        )
        break
      case 'failure':
        this.log.error({ ...about, err: thrown }, `[${job}] failed${whose}: ${withFile(outcome.error.message, file)}`)
        break
    }
    const willRetry = outcome.kind === 'retry' || outcome.kind === 'released'
    this.events.emit('failed', { execution, error: outcome.error, thrown, willRetry })
  }

  skipped(what: Fire | Execution, cause: SkipCause, reason: string): void {
    const { job, tenant, scheduledFor } = what
    const { count = 1, from = scheduledFor } = 'skip' in what ? what : {}
    const event: SkippedFire = { job, tenant, scheduledFor, cause, reason, count, from, until: scheduledFor }
    const text = reason.startsWith(cause) ? reason : `${cause}: ${reason}`
    this.log.info({ job, scheduledFor: new Date(scheduledFor).toISOString() }, `[${job}] skipped, ${text}`)
    this.events.emit('skipped', event)
    if (cause === 'missed') this.events.emit('missed', event)
  }

  recovered(requeued: readonly Execution[], stale: readonly Execution[]): void {
    for (const execution of requeued) {
      this.log.warn(fields(execution), `[${execution.job}] its process died while it ran; queued again`)
      this.events.emit('stale', { execution, recovered: true })
    }
    for (const execution of stale) {
      this.log.error(
        fields(execution),
        `[${execution.job}] its process died while it ran, and no recovery is left: STALE`,
      )
      this.events.emit('stale', { execution, recovered: false })
    }
  }
}

function fields({ job, id, tenant }: Execution): { job: string; executionId: string; tenant?: string } {
  return { job, executionId: id, ...(tenant === '' ? {} : { tenant }) }
}

/** Adds the job's file, which the message of what it threw rarely names. */
function withFile(message: string, file: string | null): string {
  return file === null || message.includes(file) ? message : `${message} (${file})`
}
