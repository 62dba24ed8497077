/** Letters, digits, `-`, `_` and `.`, at most 100: it is written on command lines, in lists separated by commas. */
const QUEUE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/

export function isQueueName(text: string): boolean {
  return QUEUE_NAME.test(text)
}
