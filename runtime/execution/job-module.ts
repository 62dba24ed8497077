import { JobsError, messageOf } from '../errors.ts'
import type { PreCheckVerdict, StoreTransaction } from '../store/store.ts'
import type { JobContext } from './context.ts'
import { type BackgroundJobShape, runObject, schedulesOf } from './job-object.ts'
import type { CodeSchedule } from './meta.ts'
import type { TenantSource } from './tenants.ts'

/** Runs inside the lock's transaction, before the execution starts, and may say that there is nothing to do. */
export type PreCheck = (
  context: JobContext,
  transaction: StoreTransaction,
) => Promise<PreCheckVerdict> | PreCheckVerdict

/** A job's code in the one form that the rest of the runtime knows, whichever way its module was written. */
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
}

/** Codes: JOB_MODULE_MISSING, JOB_MODULE_THROWS, JOB_MODULE_WITHOUT_RUN, JOB_MODULE_AMBIGUOUS. */
export class JobModuleError extends JobsError {}

/** Imports a job's module and checks its shape. `url` is what is imported; `file` is how people know it. */
export async function importJobModule(job: string, url: string, file: string): Promise<JobModule> {
  let exports: Record<string, unknown>
  try {
    exports = (await import(url)) as Record<string, unknown>
  } catch (error) {
    throw isMissing(error, url)
      ? new JobModuleError('JOB_MODULE_MISSING', `job "${job}" has no built module at ${file}`, {
          hint: `check src/backend/jobs/${job}/index.ts and run "webstir build"`,
          cause: error,
        })
      : new JobModuleError(
          'JOB_MODULE_THROWS',
          `job "${job}": ${file} throws while it is loaded: ${messageOf(error)}`,
          {
            hint: 'what stands at the top level of the module, or of one that it imports, fails; it never got to run()',
            cause: error,
          },
        )
  }
  return jobModuleFrom(job, exports, file)
}

/** The job in a module's exports: `run`, a default function, or a default object with a `run`. */
export function jobModuleFrom(job: string, exports: Record<string, unknown>, file: string): JobModule {
  const { run, default: main, preCheck } = exports
  const isObject = main !== null && typeof main === 'object'
  if (run !== undefined && isObject) {
    throw new JobModuleError('JOB_MODULE_AMBIGUOUS', `job "${job}": ${file} exports both run() and a default object`, {
      hint: 'keep one of the two: "export async function run(ctx)", or "export default { async run() { ... } }"',
    })
  }
  if (preCheck !== undefined && typeof preCheck !== 'function') {
    throw new JobModuleError('JOB_MODULE_WITHOUT_RUN', `job "${job}": preCheck of ${file} is no function`, {
      hint: 'write "export async function preCheck(ctx, tx) { return { skip: false } }"',
    })
  }
  const common = { file, preCheck: preCheck as PreCheck | undefined }
  if (isObject) return { ...common, ...objectForm(job, main, file) }
  const entry = run ?? main
  if (typeof entry !== 'function') throw withoutRun(job, file, Object.keys(exports))
  return { ...common, run: (context) => entry(context), schedules: () => [], multiTenant: undefined, filter: undefined }
}

function objectForm(job: string, object: object, file: string): Omit<JobModule, 'file' | 'preCheck'> {
  if (!isJobObject(object)) {
    const found = Object.keys(object).map((key) => `default.${key}`)
    throw withoutRun(job, file, found)
  }
  return {
    run: (context) => runObject(object, context),
    schedules: () => schedulesOf(object),
    multiTenant: object.multiTenant,
    filter: object.tenantsFilter === undefined ? undefined : (tenants) => object.tenantsFilter?.(tenants),
  }
}

function isJobObject(object: object): object is BackgroundJobShape {
  return 'run' in object && typeof object.run === 'function'
}

function withoutRun(job: string, file: string, found: readonly string[]): JobModuleError {
  return new JobModuleError('JOB_MODULE_WITHOUT_RUN', `job "${job}": ${file} exports no run function`, {
    hint: `write "export async function run(ctx) { ... }"; it exports ${found.length === 0 ? 'nothing' : found.join(', ')}`,
  })
}

/** True where it is the module itself that isn't there, not something that it imports. */
function isMissing(error: unknown, url: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    (!('url' in error) || error.url === url)
  )
}
