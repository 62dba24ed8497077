import { hostname } from 'node:os'
import { systemClock } from '../clock.ts'
import { uuidv7 } from '../store/uuid.ts'

/** A new id for this process in the store: says where it runs, and is never used twice. */
export function newNodeId(): string {
  return `${hostname()}:${process.pid}:${uuidv7(systemClock.now()).slice(-8)}`
}

/** The host and the process in a node's id, for people. */
export function describeNode(id: string): string {
  const [host = id, pid] = id.split(':')
  return pid === undefined ? host : `${host}, process ${pid}`
}
