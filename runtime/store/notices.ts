/** A notice that a commit sends to the processes that listen to the store. */
export type StoreNotice =
  /** Something was queued that may run from `at` on (ms since the epoch). */
  | { readonly kind: 'queued'; readonly at: number }
  /** A running execution was asked to cancel. */
  | { readonly kind: 'cancel' }

/** What a listener gets. */
export type HeardNotice =
  | StoreNotice
  /** From now on notices are received. Some may have been missed before. */
  | { readonly kind: 'listening' }
  /** Notices aren't received until the next `listening`; with a `reason`, never again on this store. */
  | { readonly kind: 'deaf'; readonly reason: string | null }

export interface StoreListener {
  /** False while notices aren't received; then the store has to be polled. */
  readonly isLive: boolean
  /** Stopping twice is safe. */
  stop(): void
}

/** For stores whose database doesn't notify. */
export const DEAF_LISTENER: StoreListener = { isLive: false, stop() {} }

/** As the payload of a PostgreSQL notification. */
export function noticeText(notice: StoreNotice): string {
  return notice.kind === 'queued' ? `queued ${notice.at}` : notice.kind
}

/** Undefined for a text of another program, or of a later version. */
export function noticeOf(text: string): StoreNotice | undefined {
  if (text === 'cancel') return { kind: 'cancel' }
  const at = /^queued (-?\d+)$/.exec(text)?.[1]
  return at === undefined ? undefined : { kind: 'queued', at: Number(at) }
}
