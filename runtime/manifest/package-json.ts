import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { JobsError, messageOf } from '../support/errors.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../support/json.ts'
import type { Manifest } from './types.ts'

/** The parts of a workspace's package.json that concern us, as written. */
export interface ManifestDocument {
  readonly workspace: string
  readonly name: string | null
  readonly version: string | null
  readonly mode: string | null
  readonly key: Manifest['key']
  /** Entries of the manifest, not yet looked at. */
  readonly jobs: readonly JsonValue[]
  /** `webstir.scheduler`; empty where there is none. */
  readonly scheduler: JsonObject
  /** True where both keys hold jobs, so that those of the older one are not read. */
  readonly ignoresOlderJobs: boolean
}

/** The bytes of a workspace's package.json. Throws ManifestError where they can't be read. */
export function readPackageJson(workspace: string): Buffer {
  const path = join(workspace, 'package.json')
  try {
    return readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new ManifestError('MANIFEST_MISSING', `${path}: there is no package.json`, {
        hint: 'name the workspace with --workspace PATH (WORKSPACE_ROOT for what is built), or make one with "webstir init DIR"',
      })
    }
    throw new ManifestError('MANIFEST_UNREADABLE', `${path} can't be read: ${messageOf(error)}`, {
      hint: 'make it a file that you may read',
      cause: error,
    })
  }
}

/** Finds the manifest in the text of package.json. Throws ManifestError where that has not the form of a workspace. */
export async function parseDocument(workspace: string, text: string): Promise<ManifestDocument> {
  const root = await parseJson(workspace, text)
  if (!isObject(root)) throw shape('package.json', 'must be an object')
  const webstir = root.webstir
  if (webstir === undefined) {
    throw new ManifestError('MANIFEST_NO_WORKSPACE', `${join(workspace, 'package.json')} has no "webstir" key`, {
      hint: 'add "webstir": {} to make it a workspace, or make a new one with "webstir init DIR"',
    })
  }
  if (!isObject(webstir)) throw shape('webstir', 'must be an object')
  const current = objectAt(webstir, 'module')
  const older = objectAt(webstir, 'moduleManifest')
  const usesOlder =
    current?.jobs === undefined && (older?.jobs !== undefined || (current === undefined && older !== undefined))
  const home = usesOlder ? older : current
  const key = usesOlder ? 'webstir.moduleManifest.jobs' : 'webstir.module.jobs'
  const jobs = home?.jobs ?? []
  if (!isArray(jobs)) throw shape(key, `must be an array, and is ${kindOf(jobs)}`)
  return {
    workspace,
    name: textOrNull(home?.name) ?? textOrNull(root.name),
    version: textOrNull(home?.version) ?? textOrNull(root.version),
    mode: textOrNull(webstir.mode),
    key,
    jobs,
    scheduler: objectAt(webstir, 'scheduler') ?? {},
    ignoresOlderJobs: !usesOlder && isArray(older?.jobs) && older.jobs.length > 0,
  }
}

/** What a JSON value is, in words. */
export function kindOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return 'a string'
  return typeof value === 'number' ? 'a number' : String(value)
}

/**
 * The manifest as a whole can't be read: package.json is missing or broken, or `jobs` is not an array. What concerns a
 * single job is a ManifestProblem instead, so that the others go on.
 *
 * Codes: MANIFEST_MISSING, MANIFEST_UNREADABLE, MANIFEST_JSON, MANIFEST_NO_WORKSPACE, MANIFEST_SHAPE.
 */
export class ManifestError extends JobsError {}

async function parseJson(workspace: string, text: string): Promise<JsonValue> {
  // npm takes a byte order mark; JSON.parse doesn't.
  const json = text.startsWith('\ufeff') ? text.slice(1) : text
  try {
    return JSON.parse(json)
  } catch (error) {
    const { describeJsonError } = await import('./json-syntax-error.ts')
    throw new ManifestError('MANIFEST_JSON', `${join(workspace, 'package.json')}:${describeJsonError(json, error)}`, {
      hint: 'fix the JSON; comments and trailing commas are not allowed',
      cause: error,
    })
  }
}

function objectAt(parent: JsonObject, key: string): JsonObject | undefined {
  const value = parent[key]
  if (value === undefined || isObject(value)) return value
  throw shape(`webstir.${key}`, `must be an object, and is ${kindOf(value)}`)
}

function shape(path: string, message: string): ManifestError {
  return new ManifestError(
    'MANIFEST_SHAPE',
    path === 'package.json' ? `package.json ${message}` : `package.json: ${path} ${message}`,
    {
      hint: 'write it like { "webstir": { "module": { "jobs": [{ "name": "nightly", "schedule": "0 0 * * *" }] } } }',
    },
  )
}

const textOrNull = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null)
