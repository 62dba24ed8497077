import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** A new id for this process in the store: says where it runs, and is never used twice. */
export function newNodeId(): string {
  return `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`
}

/** The host and the process in a node's id, for people. */
export function describeNode(id: string): string {
  const [host = id, pid] = id.split(':')
  return pid === undefined ? host : `${host}, process ${pid}`
}
