import { hostname } from 'node:os'
import type { NodeRecord } from '../store/job-store.ts'
import { hasEnded, ownIdentity } from '../support/process-identity.ts'

/** Ids of the nodes whose process has certainly ended: it ran on this machine. All others are known by their heartbeats. */
export function deadNodes(nodes: readonly NodeRecord[]): string[] {
  return neighbours(nodes)
    .filter(({ pid, identity }) => hasEnded(pid, identity))
    .map(({ id }) => id)
}

/** Nodes on this machine, as its name says; whether they can be looked at is for `hasEnded` to tell. */
export function neighbours(nodes: readonly NodeRecord[]): NodeRecord[] {
  if (ownIdentity() === null) return []
  const host = hostname()
  return nodes.filter((node) => node.host === host && node.identity !== null)
}
