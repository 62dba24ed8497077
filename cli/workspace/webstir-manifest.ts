import { isArray, isObject, type JsonValue } from '../../runtime/support/json.ts'

/** The key that Webstir itself writes and validates. */
const WEBSTIRS_KEY = 'webstir.moduleManifest.jobs'

/**
 * What Webstir's own validation refuses in an entry that is written to its key: there, a schedule is one string and a
 * priority a whole number or a label. With anything else, Webstir's commands end with an error for the whole workspace.
 */
export function webstirWarnings(key: string, entry: JsonValue): string[] {
  if (key !== WEBSTIRS_KEY || !isObject(entry)) return []
  const { schedule, priority } = entry
  const found: string[] = []
  if (isArray(schedule) || isObject(schedule)) found.push('schedule is not a string')
  if (typeof priority === 'number' && !Number.isInteger(priority))
    found.push(`priority ${priority} is not a whole number`)
  const remedy = `Webstir's own validation of ${WEBSTIRS_KEY} refuses it: move the jobs to webstir.module.jobs, or change it`
  return found.map((fault) => `${fault}; ${remedy}`)
}
