import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { didYouMean } from '../../runtime/support/suggest.ts'
import { CommandError } from '../command-line/errors.ts'

/** `webstir.build` in package.json. */
export interface BuildSettings {
  /** Whether stacks can point at the sources; default true. */
  readonly sourceMaps: boolean
  /** Packages that become part of the build instead of being installed where it runs; default none. */
  readonly bundle: readonly string[] | 'all'
}

/** Keys that resemble neither of them belong to other tools. */
const KEYS = ['sourceMaps', 'bundle']

const DEFAULTS: BuildSettings = { sourceMaps: true, bundle: [] }

/**
 * Reads them, before the manifest is read. A package.json that can't be read has the defaults; what needs more of it
 * reports what is wrong with it. Throws CommandError BUILD_SETTINGS.
 */
export function readBuildSettings(workspace: string): BuildSettings {
  const written = writtenSettings(workspace)
  if (written === undefined) return DEFAULTS
  for (const key of Object.keys(written)) {
    const near = KEYS.includes(key) ? undefined : didYouMean(key, KEYS)
    if (near !== undefined) {
      throw new CommandError('BUILD_SETTINGS', `package.json: webstir.build.${key} is not a setting`, { hint: near })
    }
  }
  const { sourceMaps = true, bundle = [] } = written
  if (typeof sourceMaps !== 'boolean') throw wrong('sourceMaps', sourceMaps, 'true or false')
  if (bundle === true) return { sourceMaps, bundle: 'all' }
  if (bundle === false) return { sourceMaps, bundle: [] }
  if (!Array.isArray(bundle) || !bundle.every((name) => typeof name === 'string' && name !== '')) {
    throw wrong('bundle', bundle, 'an array of names of packages, or true for all')
  }
  return { sourceMaps, bundle }
}

function writtenSettings(workspace: string): { sourceMaps?: unknown; bundle?: unknown } | undefined {
  try {
    const text = readFileSync(join(workspace, 'package.json'), 'utf8')
    // Most workspaces have none, and then nothing is parsed.
    if (!/"build"\s*:\s*\{/.test(text)) return undefined
    return JSON.parse(text)?.webstir?.build
  } catch {
    return undefined
  }
}

function wrong(key: string, value: unknown, form: string): CommandError {
  return new CommandError('BUILD_SETTINGS', `package.json: webstir.build.${key} is ${JSON.stringify(value)}`, {
    hint: `write ${form}`,
  })
}
