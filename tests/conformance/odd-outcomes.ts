import { describe, expect, it } from 'vitest'
import type { Execution, Outcome } from '../../runtime/store/execution.ts'
import { failure, minute, T0 } from './fixtures.ts'
import type { Stage } from './suite.ts'

const at = T0 + minute

const retryAt = (availableAt: number): Outcome => ({ kind: 'retry', error: failure, availableAt })

/** What code that no type has checked may report. */
const ODD: readonly { readonly what: string; readonly outcome: Outcome; readonly row: object }[] = [
  { what: 'half a millisecond', outcome: retryAt(at + 500.5), row: { status: 'QUEUED', availableAt: at + 501 } },
  { what: 'a time without end', outcome: retryAt(Number.POSITIVE_INFINITY), row: { status: 'FAILURE' } },
  { what: 'a time after all calendars', outcome: retryAt(1e300), row: { status: 'FAILURE' } },
  { what: 'a time that is not a number', outcome: retryAt(Number.NaN), row: { status: 'FAILURE' } },
  {
    what: 'an array as its message',
    outcome: JSON.parse('{ "kind": "failure", "error": { "code": "E", "message": ["a", "b"], "stack": null } }'),
    row: { status: 'FAILURE', error: { code: 'E', message: 'a,b', stack: null } },
  },
]

/** An outcome that can't be stored as it is holds up no other one. */
export function oddOutcomeRules(stage: () => Stage): void {
  it.each(ODD)('an outcome with $what is recorded, and so are those beside it', async ({ outcome, row }) => {
    const { one } = stage()
    const [bad, good] = [await one.at(at).run('bad', at), await one.run('good', at)]

    expect(await Promise.all([one.end(bad, outcome), one.end(good)])).toEqual([true, true])

    expect(await one.store.execution(good.id)).toMatchObject({ status: 'SUCCESS' })
    const recorded = await one.store.execution(bad.id)
    expect(recorded).toMatchObject(row)
    if (outcome.kind === 'retry' && recorded?.status === 'FAILURE') {
      expect(recorded.error).toMatchObject({ code: 'OUTCOME_NOT_STORED', message: expect.stringMatching(/not a date/) })
    }
  })

  describe('an outcome that the database refuses', () => {
    it('is recorded as a failure that says so, and those beside it as they were', async () => {
      const { one } = stage()
      if (one.store.dialect === 'memory') return
      await refusePoison(one.store)
      const runs: Execution[] = []
      for (const job of ['a', 'b', 'c']) runs.push(await one.at(at).run(job, at))
      const poison: Outcome = { kind: 'failure', error: { ...failure, message: 'poison' } }

      const ends = runs.map((run) => one.end(run, run.job === 'b' ? poison : { kind: 'success' }))

      expect(await Promise.all(ends)).toEqual([true, true, true])
      const rows = await one.store.executions({ limit: 10 })
      expect(rows.map(({ job, status }) => `${job} ${status}`).sort()).toEqual(['a SUCCESS', 'b FAILURE', 'c SUCCESS'])
      expect(rows.find(({ job }) => job === 'b')?.error).toMatchObject({
        code: 'OUTCOME_NOT_STORED',
        message: expect.stringMatching(/the store refused it: .*no poison here/),
      })
    })
  })
}

/** Has the database refuse rows of history with this one message. */
function refusePoison(store: Stage['one']['store']): Promise<void> {
  return store.transaction({ job: 'x', tenant: '', limit: 5000 }, async (transaction) => {
    if (transaction.dialect === 'sqlite') {
      await transaction.execute(`create trigger refuse_poison before insert on job_history
        when new.error_message = 'poison' begin select raise(abort, 'no poison here'); end`)
      return
    }
    await transaction.execute(`create or replace function refuse_poison() returns trigger language plpgsql as $body$
      begin if new.error_message = 'poison' then raise exception 'no poison here'; end if; return new; end $body$`)
    await transaction.execute(`create or replace trigger refuse_poison before insert on job_history
      for each row execute function refuse_poison()`)
  })
}
