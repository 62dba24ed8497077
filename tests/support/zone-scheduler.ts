import { openLog } from '../../runtime/logging/logger.ts'
import { createScheduler } from '../../runtime/scheduler/scheduler.ts'
import { openStore } from '../../runtime/store/open.ts'
import type { Clock } from '../../runtime/support/clock.ts'
import { TestClock } from '../../runtime/testing/test-clock.ts'
import type { ToScheduler, ToTest } from './zone-nodes.ts'

// A scheduler in a process of its own, under whatever Node runs this: its clock goes as far as it is told.

const tell = (message: ToTest): void => void process.send?.(message)
let clock: TestClock | undefined
let stop = async (): Promise<void> => {}

async function start({ url, now, jobs, failing }: Extract<ToScheduler, { do: 'start' }>): Promise<void> {
  const testClock = new TestClock(now)
  clock = testClock
  const coarse = coarseClock(testClock)
  const store = await openStore(url, { clock: coarse })
  const write = (line: string): void => tell({ said: JSON.parse(line).msg })
  const scheduler = createScheduler({
    store,
    clock: coarse,
    settings: { staleAfter: 4 * 3_600_000 },
    log: openLog({ format: 'json', destination: { write } }),
    jobs: jobs.map((job) => ({
      ...job,
      run({ job: name, scheduledFor }) {
        tell({ ran: `${name} ${scheduledFor.toISOString().slice(8, 16)}` })
        if (failing.includes(scheduledFor.toISOString())) throw new Error('told to fail')
      },
    })),
  })
  stop = async () => {
    await scheduler.destroy()
    await store.close()
  }
  void scheduler.start()
  await settle(testClock)
}

/** What would be done each second is done every five minutes: days go by in seconds. Fires are at such instants anyway. */
function coarseClock(fine: TestClock): Clock {
  const grain = 5 * 60_000
  return {
    now: () => fine.now(),
    after: (milliseconds, ring) => {
      const at = Math.ceil((fine.now() + milliseconds) / grain) * grain
      return fine.after(at - fine.now(), ring)
    },
  }
}

/** What waits for no timer is done soon. */
async function settle(itsClock: TestClock): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    await itsClock.settle()
  }
}

process.on('message', async (message: ToScheduler) => {
  if (message.do === 'start') await start(message)
  else if (message.do === 'stop') await stop()
  else {
    await clock?.advanceTo(message.to)
    if (clock !== undefined) await settle(clock)
  }
  tell({ done: message.do, timezoneData: process.versions.tz ?? '' })
  if (message.do === 'stop') process.disconnect()
})
