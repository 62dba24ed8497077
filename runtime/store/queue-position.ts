import type { Execution } from './execution.ts'

/** The position of a row in the queue; the order of its index. */
export interface QueuePosition {
  readonly rank: number
  readonly scheduledFor: number
  readonly id: string
}

/** The priority, so that less comes first; there is no zero below zero in it. */
export const rankOf = (priority: number): number => (priority === 0 ? 0 : -priority)

export const positionOf = ({ priority, scheduledFor, id }: Execution): QueuePosition => ({
  rank: rankOf(priority),
  scheduledFor,
  id,
})
