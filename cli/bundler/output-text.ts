import type { Metafile } from 'esbuild'
import { COMMON_JS_MARK } from '../../runtime/job/job-module.ts'

export const OUTPUT_FOLDER = 'build/backend'

/** Prefix of an imported path under build/backend, until it is known how deep the importing file lies. */
export const FROM_BUILD = 'webstir-build:'

/**
 * The first line of a job's module, `jobs/NAME/index.js`: is this what Node was started with? That is asked only where
 * it may be so, as under the scheduler it never is. The job is then run by our own runner, so that a module which ends
 * with a check of `process.argv[1]` (as those written by Webstir do) must not find itself there and run it again.
 */
export const PROLOGUE = `const __webstirMain = (() => { \
const started = process.argv[1]; \
if (!started || started.endsWith('scheduler.js')) return false; \
const { realpathSync } = process.getBuiltinModule('fs'); \
const { dirname, join } = process.getBuiltinModule('path'); \
try { const path = realpathSync(started); \
if (path !== import.meta.filename && path !== dirname(import.meta.filename)) return false; } catch { return false; } \
process.argv[1] = join(dirname(import.meta.filename), '..', 'scheduler.js'); \
return true; })();`

/** As a job's built module reaches it. */
const RUNNER = '../../webstir/direct.js'

/** Its last lines. */
export const EPILOGUE = `
if (__webstirMain) void import('${RUNNER}').then(({ runMain }) => runMain(import.meta.url));
`

type Output = Metafile['outputs'][string]

/** `path`: under build/backend. */
export const isJob = (path: string, { entryPoint }: Output): boolean =>
  entryPoint !== undefined && /^jobs\/[^/]+\/index\.js$/.test(path)

/** Whether an output has to be changed after it was bundled with PROLOGUE and EPILOGUE around it. */
export function mustSettle(path: string, output: Output, inputs: Metafile['inputs']): boolean {
  if (!path.endsWith('.js')) return false
  const isBound = output.imports.some(({ path: imported }) => imported.startsWith(FROM_BUILD))
  const requires = output.imports.some(({ kind }) => kind === 'require-call')
  const isInCommonJs = [output.entryPoint ?? '', ...Object.keys(output.inputs)].some((input) =>
    isCommonJs(inputs[input]),
  )
  return !isJob(path, output) || isBound || requires || isInCommonJs
}

const isCommonJs = (input: Metafile['inputs'][string] | undefined): boolean => input?.format === 'cjs'

/** The text of an output as it is published. Its lines keep their numbers, which the source map knows. */
export function settled(path: string, output: Output, text: string): string {
  const up = '../'.repeat(path.split('/').length - 1) || './'
  const whole = isJob(path, output)
    ? text.replace(COMMON_JS_EXPORTS, `$& export const ${COMMON_JS_MARK} = true;`)
    : text.replace(PROLOGUE, '').replace(EPILOGUE, '\n')
  return withCommonJs(whole.replaceAll(new RegExp(`(["'])${FROM_BUILD}`, 'g'), `$1${up}`))
}

/** How esbuild hands over a module in CommonJS; the default export of an ES module it writes as a list in braces. */
const COMMON_JS_EXPORTS = /^export default require_\w+\(\);/m

/** CommonJS in an ES module: `require` of what is not bundled, `__dirname` and `__filename`. */
function withCommonJs(text: string): string {
  const missing = ['dirname', 'filename'].filter(
    (name) =>
      new RegExp(`\\b__${name}\\b`).test(text) && !new RegExp(`\\b(?:const|let|var)\\s+__${name}\\b`).test(text),
  )
  const head = missing.map((name) => `const __${name} = import.meta.${name}; `)
  const changed = text.replace(REQUIRE, 'typeof __webstirRequire !== "undefined" ? __webstirRequire')
  if (changed !== text) {
    head.push(`const __webstirRequire = process.getBuiltinModule('module').createRequire(import.meta.url); `)
  }
  return head.join('') + changed
}

/** esbuild's replacement for `require`, which throws where there is none. */
const REQUIRE = /typeof require !== "undefined" \? require\b/
