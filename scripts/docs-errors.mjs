// Writes docs/errors.md, the table of all error codes, from the sources, or says with --check whether it is current.
import { readdirSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(root, 'docs', 'errors.md')

/** What is said of codes whose messages are made of parts, or too many to list. */
const SUMMARIES = {
  OUTCOME_NOT_STORED: 'the outcome of the attempt could not be stored as it was; the message says why',
  BUILD_FAILED: 'the build failed; its diagnostics name the files and lines',
  CANCELLED: 'the execution was cancelled: on request, or by a newer fire (`overlap: cancel`)',
  DUPLICATE_NAME: 'two jobs have one name, or names that differ only in case, `-` and `_`',
  DUPLICATE_SCHEDULE: 'two schedules of a job are the same in text, time zone and arguments',
  FATAL: 'thrown by the job itself, as a `FatalError`: no further attempt is made',
  FORGOTTEN:
    'the process ended while the lock of `acquireJobLock` was held, and neither `succeed()` nor `fail()` had been called',
  INIT_OPTION: 'an option of `webstir init` has a value that it cannot have',
  INVALID_NAME: 'a job has no name, or one that cannot be the name of a folder',
  INVALID_VALUE: 'a key has a value that the manifest does not allow',
  JOBS_IN_CODE: 'a definition in `createScheduler({ jobs })` is not what the manifest allows',
  JOB_FAILED: 'the job threw an error that has no `code` of its own',
  JOB_NAME: 'the name cannot be the name of a job',
  JOB_NOT_FOUND: 'there is no job of that name; the hint names the nearest one',
  LOST: 'another process has taken the execution over',
  MANIFEST_SHAPE: 'a part of package.json has another form than it must have',
  MIGRATION_FAILED:
    'a migration of the workspace’s own database failed; the message names its file, and nothing of it was kept',
  META: 'the `meta()` of a job failed, or declares what cannot be a schedule; the job’s other schedules fire',
  RETRYABLE: 'thrown by the job itself, as a `RetryableError`: it asks for another attempt',
  SCHEDULE: 'a schedule cannot be read; it never fires, and the job’s others do',
  SCHEDULE_AT: 'the time of an `at(...)` cannot be read, or does not exist in its time zone',
  SCHEDULE_FIELD_COUNT: 'an expression has five fields, or six with seconds first',
  SCHEDULE_OUT_OF_RANGE: 'a field has a number outside its range',
  SCHEDULE_RATE: '`rate(...)` has no whole number from 1 on, or nothing that can be a rate',
  SCHEDULE_RATE_UNIT: '`rate(...)` has a unit that is not known',
  SCHEDULE_REVERSED_RANGE: 'a range ends before it begins',
  SCHEDULE_UNKNOWN_FORM: 'the text is neither an expression nor a macro, `rate(...)` or `at(...)`',
  SCHEDULE_UNKNOWN_NAME: 'a field has a name that is neither a month nor a weekday',
  SCHEDULE_ZERO_STEP: 'a step is 0',
  STOPPED: 'the process was stopped before the job had ended',
  TIMEOUT: 'the attempt took longer than its `timeout`',
  UNKNOWN_KEY: 'the manifest does not know a key; it is kept',
  UNSET_VARIABLE: 'a variable that the manifest names, without a default, is not set in the environment',
  USAGE: 'the command line has an unknown option, or a value that an option does not take',
}

const HEADINGS = {
  JobsError: 'Scheduler, server and settings',
  JobModuleError: 'A job’s module',
  JobLockedError: 'A run that does not start',
  EnqueueError: 'Work that is handed over',
  MetaError: '`meta()` and arguments',
  TenantsError: 'Tenants',
  AbortedError: 'An attempt that was aborted',
  FatalError: 'Thrown by jobs',
  ScheduleError: 'Schedules',
  ManifestError: 'package.json as a whole',
  ManifestProblem: 'Entries of the manifest',
  StoreError: 'The store',
  'recorded only': 'Recorded with an execution, thrown nowhere',
  CommandError: 'The command line',
}
/** Classes that share a section with another one. */
const TOGETHER = {
  JobNotFoundError: 'JobLockedError',
  JobNotStartedError: 'JobLockedError',
  JobCallError: 'JobLockedError',
  JobResultError: 'EnqueueError',
  JobExitError: 'FatalError',
  RetryableError: 'FatalError',
  TenantsFailedError: 'TenantsError',
  ExecutionNotFoundError: 'CommandError',
  BuildError: 'CommandError',
  UsageError: 'CommandError',
}

const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/
/** code -> its classes, messages and hints. */
const codes = new Map()

for (const folder of ['runtime', 'cli']) {
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.ts')) readCodes(readFileSync(join(root, folder, name), 'utf8'), join(folder, name))
  }
}

function note(code, owner, message, hint) {
  if (!codes.has(code)) codes.set(code, { owners: new Set(), messages: new Set(), hints: new Set() })
  const known = codes.get(code)
  if (owner !== undefined) known.owners.add(owner)
  for (const text of message === undefined ? [] : texts(message)) known.messages.add(text)
  for (const text of hint === undefined ? [] : texts(hint)) known.hints.add(text)
}

function readCodes(text, file) {
  const { program, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`)
  visit(program.body, undefined)
}

function visit(node, owner) {
  if (node === null || typeof node !== 'object') return
  if (Array.isArray(node)) {
    for (const one of node) visit(one, owner)
    return
  }
  if (node.type === 'ClassDeclaration') owner = node.id?.name
  if (node.type === 'NewExpression') fromCall(node.arguments, node.callee.name)
  if (node.type === 'CallExpression') fromCall(node.arguments, node.callee.type === 'Super' ? owner : undefined)
  // A row of a table of errors, as the server has one.
  if (node.type === 'ArrayExpression') fromCall(node.elements, 'table')
  if (node.type === 'ObjectExpression') fromObject(node)
  if (node.type === 'TSTypeAliasDeclaration') fromUnion(node)
  if (node.type === 'VariableDeclarator' && node.id.name === 'CODES') fromConstants(node.init)
  for (const value of Object.values(node)) visit(value, owner)
}

/** `new JobsError('CODE', message, { hint })`, `fail('CODE', message, hint)`. */
function fromCall([code, message, last], owner) {
  if (code?.type !== 'Literal' || !CODE.test(code.value) || message === undefined) return
  const isError = owner?.endsWith('Error') === true
  if (!isError && !texts(message).some((text) => text.includes(' '))) return
  const hint = last?.type === 'ObjectExpression' ? propertyOf(last, 'hint') : last
  note(code.value, isError ? owner : owner === 'table' ? 'JobsError' : undefined, message, hint)
}

/** `{ code: 'CODE', message, hint }`: a problem of the manifest, or an error as it is recorded. */
function fromObject(node) {
  const code = propertyOf(node, 'code')
  const message = propertyOf(node, 'message')
  if (code?.type !== 'Literal' || !CODE.test(code.value) || message === undefined) return
  note(code.value, propertyOf(node, 'stack') ? 'recorded only' : undefined, message, propertyOf(node, 'hint'))
}

/** `type StoreErrorCode = 'A' | 'B'`: the codes of StoreError. */
function fromUnion({ id, typeAnnotation }) {
  const [, owner] = /^(\w+(?:Error|Problem))Code$/.exec(id.name) ?? []
  if (owner === undefined) return
  for (const { literal } of typeAnnotation.types ?? []) note(literal.value, owner)
}

/** `const CODES = { timeout: 'TIMEOUT' }`: the codes of AbortedError. */
function fromConstants(init) {
  const { properties } = init.expression ?? init
  for (const { value } of properties) note(value.value, 'AbortedError')
}

function propertyOf(object, name) {
  return object.properties.find(({ key }) => key?.name === name)?.value
}

/** What an expression may be as text, `…` for what is filled in; none where it is made elsewhere. */
function texts(node) {
  if (node.type === 'Literal' && typeof node.value === 'string') return [node.value]
  if (node.type === 'ConditionalExpression') return [...texts(node.consequent), ...texts(node.alternate)]
  if (node.type === 'LogicalExpression') return texts(node.right)
  if (node.type === 'TemplateLiteral') {
    const text = node.quasis.map(({ value }) => value.cooked).join('…')
    return /[a-z]{2}/.test(text) ? [text] : []
  }
  if (node.type === 'BinaryExpression') {
    return texts(node.left).flatMap((left) => texts(node.right).map((right) => `${left}${right}`))
  }
  return []
}

const inTable = (text) =>
  text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/…{2,}/g, '…')
const list = (found) => [...found].map(inTable).join('<br>')

const sections = new Map(Object.keys(HEADINGS).map((owner) => [owner, []]))
const silent = []
for (const [code, { owners, messages, hints }] of [...codes].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const [owner] = [...owners].filter((one) => one !== 'recorded only')
  const recorded = owners.has('recorded only') || code in SUMMARIES ? 'recorded only' : undefined
  const section = owner ?? recorded
  // What only advises (a schedule that is valid and perhaps not meant) is not an error.
  if (section === undefined) continue
  const meaning = code in SUMMARIES ? SUMMARIES[code] : list(messages)
  if (meaning === '') silent.push(code)
  const rows = sections.get(TOGETHER[section] ?? section)
  if (rows === undefined) throw new Error(`${section}, of ${code}, has no heading in scripts/docs-errors.mjs`)
  const of = section === 'recorded only' || section === 'ManifestProblem' ? '' : ` ${`\`${section}\``} |`
  rows.push(`| \`${code}\` |${of} ${meaning} | ${code in SUMMARIES ? '' : list(hints)} |`)
}
const unused = Object.keys(SUMMARIES).filter((code) => !codes.has(code))
if (silent.length + unused.length > 0) {
  throw new Error(
    `SUMMARIES of scripts/docs-errors.mjs lacks: ${silent.join(', ')}; names unknown codes: ${unused.join(', ')}`,
  )
}

function table(owner, rows) {
  const hasClass = owner !== 'recorded only' && owner !== 'ManifestProblem'
  const head = hasClass
    ? '| code | class | message | hint |\n|---|---|---|---|'
    : '| code | message | hint |\n|---|---|---|'
  return `## ${HEADINGS[owner]}\n\n${head}\n${rows.join('\n')}\n`
}

const page = `# Errors

<!-- Made by scripts/docs-errors.mjs from the sources. Change the messages there. -->

Every error that webstir-jobs throws on purpose extends \`JobsError\`: it has a \`code\`, which is stable and for programs; a
\`message\`, which names the thing and the place; and mostly a \`hint\`, which says what to do. Messages and hints are for
people and may change. \`…\` is a place that is filled in.

\`\`\`ts
import { JobsError } from 'webstir-jobs'

try {
  await scheduler.run('nightly')
} catch (error) {
  if (error instanceof JobsError && error.code === 'JOB_LOCKED') return // it is running already
  throw error
}
\`\`\`

\`instanceof\` also holds for an error that another copy of the package made (that of a build, say). The command line prints
message and hint. The error of an execution (\`error.code\` in \`job-history --json\`) has one of these codes, the \`code\` of
whatever the job threw, or \`JOB_FAILED\`.

${[...sections]
  .filter(([, rows]) => rows.length > 0)
  .map(([owner, rows]) => table(owner, rows))
  .join('\n')}`

if (!process.argv.includes('--check')) await writeFile(target, page)
else if ((await readFile(target, 'utf8').catch(() => '')) !== page) {
  console.error(`${target} is not current: run node scripts/docs-errors.mjs`)
  process.exitCode = 1
}
