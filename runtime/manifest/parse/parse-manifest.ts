import type { Env } from '../../support/env.ts'
import { isObject, type JsonValue } from '../../support/json.ts'
import { applySwitches } from '../environment.ts'
import { checkJobName, looseName } from '../job-names.ts'
import { parseDocument, readPackageJson } from '../package-json.ts'
import type { ManifestProblem } from '../problems.ts'
import type { Manifest } from '../types.ts'
import { type PlacedJob, settleAfter } from './dependencies.ts'
import { readEntry } from './parse-job.ts'
import { readSettings } from './parse-settings.ts'
import { show } from './schema-problems.ts'

/**
 * Reads, fills in and validates the manifest of the workspace at that absolute path. What is wrong with single jobs
 * is in `problems`; ManifestError is thrown only where there is no manifest at all.
 */
export async function readManifest(workspace: string, env: Env): Promise<Manifest> {
  return readManifestText(workspace, readPackageJson(workspace).toString('utf8'), env)
}

/** The same for the text of a package.json that was read already. */
export async function readManifestText(workspace: string, text: string, env: Env): Promise<Manifest> {
  const document = await parseDocument(workspace, text)
  const { name, version, mode, key } = document
  const { settings, problems } = readSettings(document.scheduler, env)
  if (document.ignoresOlderJobs) {
    problems.push({
      severity: 'warning',
      code: 'IGNORED_JOBS',
      job: null,
      path: 'webstir.moduleManifest.jobs',
      message: 'is not read, because there is webstir.module.jobs too',
      hint: 'move its entries to webstir.module.jobs',
    })
  }
  const zone = document.scheduler.timezone
  const around = {
    timezone: settings.timezone,
    writtenTimezone: typeof zone === 'string' ? zone : settings.timezone,
    env,
  }
  const placed: PlacedJob[] = []
  const places = new Map<string, { readonly name: string; readonly path: string }>()
  for (const [index, entry] of document.jobs.entries()) {
    const path = `${key}[${index}]`
    const named = readName(entry, path)
    if ('severity' in named) {
      problems.push(named)
      continue
    }
    const twin = places.get(looseName(named.name))
    if (twin !== undefined) {
      problems.push(duplicate(named.name, path, twin))
      continue
    }
    places.set(looseName(named.name), { name: named.name, path })
    const read = readEntry(named.entry, named.name, path, around)
    problems.push(...read.problems)
    if (read.job !== null) placed.push({ job: read.job, path })
  }
  const settled = settleAfter(
    placed,
    [...places.values()].map((place) => place.name),
  )
  problems.push(...settled.problems)
  return applySwitches({ workspace, name, version, mode, key, jobs: settled.jobs, problems, settings }, env)
}

type Named = { readonly name: string; readonly entry: { readonly [key: string]: JsonValue } }

function readName(entry: JsonValue, path: string): Named | ManifestProblem {
  const error = { severity: 'error', job: null } as const
  const hint = 'write an object such as { "name": "nightly", "schedule": "0 0 * * *" }'
  if (!isObject(entry)) {
    return { ...error, code: 'INVALID_VALUE', path, message: `must be an object, and is ${show(entry)}`, hint }
  }
  const { name } = entry
  if (name === undefined) return { ...error, code: 'INVALID_NAME', path, message: 'has no name', hint }
  if (typeof name !== 'string') {
    const message = `must be a string: the name of the folder under src/backend/jobs; it is ${show(name)}`
    return { ...error, code: 'INVALID_NAME', path: `${path}.name`, message, hint }
  }
  const fault = checkJobName(name)
  if (fault !== null) {
    return { ...error, code: 'INVALID_NAME', job: name, path: `${path}.name`, message: fault.message, hint: fault.hint }
  }
  return { name, entry }
}

function duplicate(
  name: string,
  path: string,
  twin: { readonly name: string; readonly path: string },
): ManifestProblem {
  const differs = twin.name !== name
  return {
    severity: 'error',
    code: 'DUPLICATE_NAME',
    job: name,
    path: `${path}.name`,
    message: differs
      ? `"${name}" differs from "${twin.name}" (${twin.path}) only in case, "-" or "_"`
      : `"${name}" is already the name of ${twin.path}`,
    hint: 'rename one of the two; until then the first one counts',
  }
}
