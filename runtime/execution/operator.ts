import { userInfo } from 'node:os'

/** Who is at work here, for the record: the user's name, or their number in a container that knows no names. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}
