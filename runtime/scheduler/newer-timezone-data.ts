import { followsZone } from '../schedule/index.ts'
import type { NodeRecord } from '../store/job-store.ts'
import { deadNodes } from '../worker/dead-nodes.ts'
import { describeNode, TIMEZONE_DATA } from '../worker/node-session.ts'
import type { WorkerServices } from '../worker/services.ts'
import type { OpenSchedule } from './cursor.ts'

/** `2026b` as a year and what follows it. */
const RELEASE = /^(\d{4})([a-z]*)$/

/**
 * Which of two releases of the time-zone data is the newer one: positive where `a` is, negative where `b` is, 0 where
 * they are the same, or where one is unknown. After `z` comes `za`.
 */
export function compareTimezoneData(a: string | null, b: string | null): number {
  const [, year, letters = ''] = RELEASE.exec(a ?? '') ?? []
  const [, otherYear, otherLetters = ''] = RELEASE.exec(b ?? '') ?? []
  if (year === undefined || otherYear === undefined) return 0
  return Number(year) - Number(otherYear) || letters.length - otherLetters.length || order(letters, otherLetters)
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Those whose heartbeat is fresh, and whose process isn't known to have ended. `now` and `staleAfter` in ms. */
export function liveNodes(nodes: readonly NodeRecord[], now: number, staleAfter: number): NodeRecord[] {
  const fresh = nodes.filter(({ heartbeatAt }) => now - heartbeatAt <= staleAfter)
  const dead = deadNodes(fresh)
  return fresh.filter(({ id }) => !dead.includes(id))
}

/** The one of these live nodes to which a node leaves schedules with a zone; undefined where it leaves none. */
export function leavesZonesTo(node: NodeRecord, nodes: readonly NodeRecord[]): NodeRecord | undefined {
  const own = new Set(node.fires ? (node.jobs?.inZones ?? []) : [])
  return newerNodes(node, nodes).find(({ jobs }) => jobs?.inZones.some((key) => own.has(key)))
}

/** Of these live nodes, those that watch and have newer time-zone data than this one, the newest first. */
export function newerNodes<Node extends Pick<NodeRecord, 'id' | 'fires' | 'timezoneData'>>(
  { id, timezoneData }: Pick<NodeRecord, 'id' | 'timezoneData'>,
  nodes: readonly Node[],
): Node[] {
  const newer = nodes.filter(
    (other) => other.fires && other.id !== id && compareTimezoneData(other.timezoneData, timezoneData) > 0,
  )
  return newer.sort((a, b) => compareTimezoneData(b.timezoneData, a.timezoneData))
}

/**
 * While a node that watches has newer time-zone data, this process leaves it the schedules with a zone, as far as the
 * other one has them.
 */
export class NewerTimezoneData {
  readonly #me: Pick<NodeRecord, 'id' | 'timezoneData'>
  readonly #services: Pick<WorkerServices, 'store' | 'log' | 'staleAfter'>
  #newer: readonly NodeRecord[] = []
  #left: ReadonlySet<string> = new Set()
  #lookAt = Number.POSITIVE_INFINITY

  constructor(node: string, services: Pick<WorkerServices, 'store' | 'log' | 'staleAfter'>) {
    this.#me = { id: node, timezoneData: TIMEZONE_DATA }
    this.#services = services
  }

  /** When to look next, ms since the epoch; Infinity where no schedule follows a zone. */
  get lookAt(): number {
    return this.#lookAt
  }

  /** The first look; rejects where the store is away. In a store of one process there are no others to look for. */
  async begin(schedules: readonly OpenSchedule[], now: number): Promise<void> {
    if (this.#services.store.target === null) return
    if (schedules.some(({ schedule }) => followsZone(schedule))) await this.#lookNow(now)
  }

  /** Looks who watches. True where other schedules are left to others than before. */
  async look(now: number): Promise<boolean> {
    const before = this.#left
    // A store that is away is asked again next time.
    await this.#lookNow(now).catch(() => {})
    return before.size !== this.#left.size || [...before].some((key) => !this.#left.has(key))
  }

  /** Whether a schedule is left to a node with newer data. */
  leaves({ definition }: OpenSchedule): boolean {
    return this.#left.has(definition.key)
  }

  async #lookNow(now: number): Promise<void> {
    const { store, staleAfter } = this.#services
    this.#lookAt = now + staleAfter / 3
    const [before] = this.#newer
    this.#newer = newerNodes(this.#me, liveNodes(await store.nodes(), now, staleAfter))
    this.#left = new Set(this.#newer.flatMap(({ jobs }) => jobs?.inZones ?? []))
    this.#say(before, this.#newer[0])
  }

  #say(before: NodeRecord | undefined, now: NodeRecord | undefined): void {
    const { root } = this.#services.log
    if (now !== undefined && before === undefined) {
      const { timezoneData } = this.#me
      root.warn(
        { newer: now.id },
        `this process has older time-zone data (${timezoneData}) than ${describeNode(now.id)} (${now.timezoneData}): ` +
          'it leaves the schedules with a time zone to that one. Update Node here',
      )
    }
    if (now === undefined && before !== undefined) {
      root.info('no process with newer time-zone data watches any more: schedules with a time zone fire here again')
    }
  }
}
