/*
 * What the types of jobs as objects promise. `npx tsc -p .` checks it; a line that must not compile says so, and tsc
 * complains where it does compile.
 */
import { type BackgroundJob, defineJob, type JobDefinition } from '../../../runtime/index.ts'

export const whole = defineJob({
  multiTenant: true,
  tenantsFilter: (tenants) => tenants.where({ active: true }).whereNot({ plan: 'free' }).limit(10),
  batchSize: 100,
  double(count: number): number {
    return count * 2 + this.batchSize
  },
  meta() {
    this.schedule('0 * * * *', 'hourly', { deep: true })
    this.schedule({ expression: '@daily', timezone: 'Europe/Berlin' })
    // @ts-expect-error a date is nothing that JSON carries
    this.schedule('@daily', new Date())
  },
  async run(kind: string, options?: { deep: boolean }): Promise<number> {
    const size: number = this.batchSize
    const [first] = this.args
    const text: string = first
    const tenant: string | undefined = this.initialParams._headers['x-tenant-id']
    const rows = await this.database.query<{ id: number }>('select id from users where tenant = ?', [tenant])
    await this.runBackgroundJob('other', text, options?.deep ?? false)
    this.log.info({ rows: rows.length, kind }, 'read')
    this.signal.throwIfAborted()
    // @ts-expect-error there is no such property
    this.nothing
    // @ts-expect-error the first argument is a text
    const wrong: number = first
    return size + this.double(1) + Number(wrong)
  },
})

/** What `run` gives back may come from `this` without being annotated. */
export const inferred = defineJob({
  batchSize: 100,
  async run() {
    return this.batchSize
  },
})

/** Either is a job that can be handed over. */
export const jobs: readonly JobDefinition[] = [
  { name: 'whole', job: whole },
  { name: 'inferred', job: inferred },
]

/** A pre-check knows its context and the transaction. */
export const checked = defineJob({
  async preCheck(context, transaction) {
    const rows = await transaction.query('select 1 from users where job = ?', [context.job])
    return rows.length === 0 ? { skip: true, reason: 'no users' } : { skip: false }
  },
  run() {},
})

// @ts-expect-error a pre-check that skips says why
defineJob({ preCheck: () => ({ skip: true }), run() {} })

// @ts-expect-error run is missing
defineJob({ batchSize: 1 })

// @ts-expect-error run is no function
defineJob({ run: 'later' })

// @ts-expect-error multiTenant is no text
defineJob({ multiTenant: 'yes', run() {} })

export const plain = {
  batchSize: 100,
  meta() {
    this.schedule('*/5 * * * *')
  },
  async run(kind: string) {
    this.log.info(`${kind} ${this.tenant ?? ''}`)
    // Own properties are there, of unknown type: defineJob knows them.
    const size: unknown = this.batchSize
    return size
  },
} satisfies BackgroundJob
