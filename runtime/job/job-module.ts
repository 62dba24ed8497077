import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PreCheckVerdict } from '../store/job-store.ts'
import { JobsError } from '../support/errors.ts'
import { importFailure } from './import-failure.ts'
import type { JobContext } from './job-context.ts'
import {
  type BackgroundJobShape,
  type CodeSchedule,
  filterOf,
  type PreCheck,
  runObject,
  schedulesOf,
} from './job-object.ts'
import type { TenantSource } from './tenants.ts'

/** A job's code in one form, whichever way its module was written. */
export interface JobModule {
  /** Where it comes from; named in messages. */
  readonly file: string
  run(context: JobContext): unknown
  readonly preCheck: PreCheck | undefined
  /** What its `meta()` declares; throws what that throws. */
  schedules(): CodeSchedule[]
  /** Undefined where the module doesn't say. */
  readonly multiTenant: boolean | undefined
  readonly filter: ((tenants: TenantSource) => unknown) | undefined
}

/** Where job modules come from: a built workspace, or functions that were handed over. */
export interface JobModules {
  /** Throws JobModuleError where there is none, or it can't be used. */
  load(job: string): Promise<JobModule>
  /** The file that is the job's module, as messages name it; left out where jobs have none. */
  readonly fileOf?: (job: string) => string
}

/**
 * Codes: JOB_MODULE_MISSING, JOB_PACKAGE_MISSING, JOB_MODULE_THROWS, JOB_MODULE_WITHOUT_RUN, JOB_MODULE_AMBIGUOUS,
 * JOB_MODULE_SHAPE.
 */
export class JobModuleError extends JobsError {}

/**
 * Imports a job's module and checks its shape. `url` is what is imported; `file` is how people know it; `build` is
 * the absolute path of build/backend, where it is one of a build.
 */
export async function importJobModule(job: string, url: string, file: string, build?: string): Promise<JobModule> {
  let exports: Record<string, unknown>
  try {
    exports = (await import(url)) as Record<string, unknown>
  } catch (error) {
    const about = { job, url, file, ...(build === undefined ? {} : { build }) }
    const { code, message, hint } = importFailure(error, about)
    throw new JobModuleError(code, message, { hint, cause: error })
  }
  return jobModuleFrom(job, exports, file)
}

/** Exported by the built module of a job in CommonJS beside its default export, which is the whole of `module.exports`. */
export const COMMON_JS_MARK = '__webstirCommonJs'

/**
 * The job in a module's exports: `run` or a default function, or a default object with a `run`. `meta`, `multiTenant`,
 * `tenantsFilter` and `preCheck` are beside `run`, in the object or as exports.
 */
export function jobModuleFrom(job: string, exports: Record<string, unknown>, file: string): JobModule {
  const { run, default: main } = exports
  // A module in CommonJS that was compiled from one with exports, which the bundler hands over as a whole.
  if (run === undefined && isCompiledModule(main)) return jobModuleFrom(job, main, file)
  if (run !== undefined && main !== null && typeof main === 'object') {
    throw new JobModuleError('JOB_MODULE_AMBIGUOUS', `job "${job}": ${file} exports both run() and a default object`, {
      hint: 'keep one of the two: "export async function run(ctx)", or "export default { async run() { ... } }"',
    })
  }
  if (main !== null && typeof main === 'object') {
    checkParts(job, main, `the default object of ${file}`)
    if (!isJobObject(main)) throw withoutRun(job, main, `the default object of ${file}`)
    const isExports = exports[COMMON_JS_MARK] === true && isPlainExports(main)
    const run = (context: JobContext): unknown => runObject(main, context, isExports ? [context] : context.args)
    return { file, run, ...partsOf(main, { ...exports, ...main }) }
  }
  checkParts(job, exports, file)
  const entry = run ?? main
  if (!isFunction(entry)) throw withoutRun(job, { ...exports, run: entry }, file)
  const parts = { ...exports, run: entry }
  return { file, run: (context) => entry(context), ...partsOf(parts, exports) }
}

/** The modules of a built workspace. `build`: absolute path of build/backend. Each is imported once. */
export function builtModules(build: string): JobModules {
  const within = (job: string): string => join('jobs', job, 'index.js')
  const fileOf = (job: string): string => join('build', 'backend', within(job))
  return {
    load(job) {
      const url = pathToFileURL(join(build, within(job))).href
      return importJobModule(job, url, fileOf(job), build)
    },
    fileOf,
  }
}

function isCompiledModule(main: unknown): main is Record<string, unknown> {
  return main !== null && typeof main === 'object' && '__esModule' in main && main.__esModule === true
}

/**
 * `exports.run = (ctx) => ...`, or `module.exports = { run }`: exports as an ES module would have them. What declares its
 * schedules in `meta`, or is an instance of a class, is a job object.
 */
function isPlainExports(main: object): boolean {
  return !('meta' in main) && Object.getPrototypeOf(main) === Object.prototype
}

function partsOf(
  definition: BackgroundJobShape,
  { multiTenant, preCheck }: { readonly multiTenant?: unknown; readonly preCheck?: unknown },
): Omit<JobModule, 'file' | 'run'> {
  return {
    preCheck: isFunction(preCheck)
      ? async (context, transaction) => checkedVerdict(context.job, await preCheck(context, transaction))
      : undefined,
    schedules: () => schedulesOf(definition),
    multiTenant: typeof multiTenant === 'boolean' ? multiTenant : undefined,
    filter: filterOf(definition),
  }
}

function checkedVerdict(job: string, given: unknown): PreCheckVerdict {
  if (given !== null && typeof given === 'object' && 'skip' in given) {
    if (given.skip === false) return { skip: false }
    if (given.skip === true && 'reason' in given) return { skip: true, reason: String(given.reason) }
  }
  throw new JobModuleError('JOB_MODULE_SHAPE', `job "${job}": preCheck returned ${kindOf(given)}, not a verdict`, {
    hint: 'return { skip: false }, or { skip: true, reason: "..." }',
  })
}

/** What a job may have beside `run`, and what it has to be. */
const PARTS = [
  ['meta', 'function', 'meta() { this.schedule("0 0 * * *") }'],
  ['tenantsFilter', 'function', 'tenantsFilter: (tenants) => tenants.where({ active: true })'],
  ['preCheck', 'function', 'async preCheck(ctx, tx) { return { skip: false } }'],
  ['multiTenant', 'boolean', 'multiTenant: true'],
] as const

/** Throws where one of them is something else: it would be ignored silently. */
function checkParts(job: string, holder: object, place: string): void {
  const found = new Map(Object.entries(holder))
  for (const [name, wanted, example] of PARTS) {
    const value = found.get(name)
    if (value === undefined || typeof value === wanted) continue
    throw new JobModuleError(
      'JOB_MODULE_SHAPE',
      `job "${job}": ${name} of ${place} is ${kindOf(value)}, not a ${wanted}`,
      {
        hint: `write ${example}, or leave it out`,
      },
    )
  }
}

type Anything = (...values: readonly unknown[]) => unknown

const isFunction = (value: unknown): value is Anything => typeof value === 'function'

function isJobObject(object: object): object is BackgroundJobShape {
  return 'run' in object && typeof object.run === 'function'
}

function withoutRun(job: string, holder: object, place: string): JobModuleError {
  const run = 'run' in holder ? holder.run : undefined
  const names = Object.entries(holder).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  const has = names.length === 0 ? 'nothing' : names.join(', ')
  const form = place.startsWith('the default') ? 'async run() { ... }' : 'export async function run(ctx) { ... }'
  return run === undefined
    ? new JobModuleError('JOB_MODULE_WITHOUT_RUN', `job "${job}": ${place} has no run function`, {
        hint: `write "${form}"; what is there: ${has}`,
      })
    : new JobModuleError('JOB_MODULE_WITHOUT_RUN', `job "${job}": run of ${place} is ${kindOf(run)}, not a function`, {
        hint: `write "${form}"`,
      })
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
