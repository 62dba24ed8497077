import type { Driver } from './driver.ts'
import type { NodeRecord } from './job-store.ts'
import type { NodeSessionRecord } from './node-tables.ts'
import { forgetNodes, registerNode, removeNode } from './rules/nodes.ts'

/** What a store does with nodes. */
export class NodeStore {
  readonly #driver: Driver

  constructor(driver: Driver) {
    this.#driver = driver
  }

  /** See `Store.clockOffset`. */
  get clockOffset(): number {
    return this.#driver.clockOffset
  }

  async registerNode(node: NodeRecord): Promise<void> {
    await this.#driver.measureClock()
    const clockOffset = this.#driver.dialect === 'postgres' ? 0 - this.clockOffset : null
    await this.#driver.write(() => registerNode(this.#driver.tables, { ...node, clockOffset }))
  }

  async heartbeat(node: string, now: number): Promise<void> {
    await this.#driver.measureClock()
    await this.#driver.write(() => this.#driver.tables.heartbeat(node, now))
  }

  setNextWake(node: string, nextWakeAt: number): Promise<void> {
    return this.#driver.write(() => this.#driver.tables.setNextWake(node, nextWakeAt))
  }

  removeNode(id: string, at: number): Promise<void> {
    return this.#driver.write(() => removeNode(this.#driver.tables, id, at))
  }

  sessions(): Promise<NodeSessionRecord[]> {
    return this.#driver.read(() => this.#driver.tables.sessions())
  }

  async nodes(): Promise<NodeRecord[]> {
    await this.#driver.measureClock()
    return await this.#driver.read(() => this.#driver.tables.nodes())
  }

  forgetNodes(before: number): Promise<void> {
    return this.#driver.write(() => forgetNodes(this.#driver.tables, before))
  }
}
