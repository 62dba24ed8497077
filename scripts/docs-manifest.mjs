// Writes docs/manifest.md, job-manifest.schema.json and the public types of a manifest's job from the manifest's schema,
// or says with --check whether they are current.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { manifestTypes } from './manifest-types.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The schema is TypeScript. */
async function load() {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-docs-'))
  try {
    const outfile = join(folder, 'schema.mjs')
    const contents = `
      export { jobSchema, retrySchema, scheduleEntrySchema, schedulerSchema } from './runtime/manifest/parse/schema.ts'
      export { toJSONSchema } from 'zod'`
    const stdin = { contents, resolveDir: root, loader: 'ts' }
    await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile })
    return await import(pathToFileURL(outfile).href)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const schemas = await load()

/** What zod says of a schema, without what says nothing: open objects, and the largest integer as a maximum. */
function jsonSchema(schema) {
  const { $schema, ...rest } = schemas.toJSONSchema(schema, { io: 'input', reused: 'inline' })
  return JSON.parse(JSON.stringify(rest), (key, value) => {
    if (key === 'additionalProperties' && Object.keys(value).length === 0) return undefined
    if (key === 'maximum' && value === Number.MAX_SAFE_INTEGER) return undefined
    return value
  })
}

const job = jsonSchema(schemas.jobSchema)
const scheduler = jsonSchema(schemas.schedulerSchema)
const entry = jsonSchema(schemas.scheduleEntrySchema)
const retry = jsonSchema(schemas.retrySchema)

const published = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Job manifest of webstir-jobs',
  description: 'The array `webstir.module.jobs` of package.json. `#/$defs/scheduler` describes `webstir.scheduler`.',
  type: 'array',
  items: { $ref: '#/$defs/job' },
  $defs: { job, scheduler },
}

/** JSON as Biome formats it: short lists of texts on one line. */
function formatted(value) {
  return JSON.stringify(value, null, 2).replace(/\[\n\s*("[^"]*"(?:,\s*"[^"]*")*)\s*\]/g, (_, items) => {
    return `[${items.replace(/,\s+/g, ', ')}]`
  })
}

const code = (text) => `\`${text}\``

/** The values that a property takes, in words. */
function kind(property) {
  if (property.anyOf) return property.anyOf.map(kind).join(' or ')
  if (property.enum) return property.enum.map((word) => code(`"${word}"`)).join(', ')
  if (property.pattern) return 'a duration'
  if (property.type === 'integer')
    return `a whole number${property.minimum === undefined ? '' : `, at least ${property.minimum}`}`
  if (property.type === 'array')
    return Object.keys(property.items ?? {}).length === 0
      ? 'an array of any values'
      : `an array (each ${kind(property.items)})`
  if (property.type === 'object') return 'an object'
  return { string: 'a text', number: 'a number', boolean: '`true` or `false`' }[property.type] ?? 'anything'
}

function table({ properties, required = [] }) {
  const rows = Object.entries(properties).map(([name, property]) => {
    const fallback = required.includes(name)
      ? 'required'
      : property.default === undefined
        ? ''
        : code(JSON.stringify(property.default))
    return `| ${code(name)} | ${kind(property)} | ${fallback} | ${(property.description ?? '').replaceAll('|', '\\|')} |`
  })
  return ['| key | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

const page = `# The manifest

<!-- Made by scripts/docs-manifest.mjs from runtime/manifest/parse/schema.ts. Change it there. -->

The manifest is the array \`webstir.module.jobs\` in a workspace's \`package.json\`. It lists the jobs, when
they run and what happens when they can't run as planned. A workspace that has \`webstir.moduleManifest.jobs\` and no
\`webstir.module.jobs\` keeps its jobs there: that array is read and written instead.

\`\`\`json
{
  "webstir": {
    "mode": "api",
    "module": {
      "jobs": [
        { "name": "cleanup" },
        { "name": "nightly", "schedule": "0 0 * * *", "description": "Nightly maintenance", "priority": 5 },
        {
          "name": "report",
          "schedule": ["0 9 * * MON-FRI", { "schedule": "0 12 * * SUN", "args": ["weekly"] }],
          "timezone": "Europe/Berlin",
          "retry": { "attempts": 3 }
        }
      ]
    },
    "scheduler": { "timezone": "UTC", "concurrency": 4 }
  }
}
\`\`\`

The package has the same as a JSON Schema: \`webstir-jobs/job-manifest.schema.json\`.

## A job

${table(job)}

A duration is one or more whole or decimal numbers with a unit, \`ms\`, \`s\`, \`m\`, \`h\`, \`d\` or \`w\`: \`"30s"\`, \`"1h30m"\`.

### An object in \`schedule\`

${table(entry)}

Two schedules of a job that are the same in text, time zone and arguments are an error.

### \`retry\`

${table(retry)}

## \`webstir.scheduler\`

${table(scheduler)}

\`history\` has these keys:

${table(scheduler.properties.history)}

## Values from the environment

\`\${NAME}\` in any text of a job or of \`webstir.scheduler\` is filled in from the environment when the manifest is read,
after the \`.env\` files; \`\${NAME:-default}\` gives a default for a variable that is unset or empty, and \`$\${\` means
a literal \`\${\`. A variable that is unset and has no default is an error that names it. \`name\` is never
filled in. \`package.json\` is never changed by this, and listings show the text as written. A manifest that uses it is
validated whenever a scheduler starts; one that doesn't is validated by the build.

\`NAME_ENABLED=false\` (the job's name in upper snake case: \`send-newsletter\` is \`SEND_NEWSLETTER_ENABLED\`) turns a job
off; so do \`0\`, \`no\` and \`off\`. It can't turn on what \`"enabled": false\` has turned off.

## Errors in one job don't stop the others

- A schedule that is not valid is shown as such in every list and never fires; the job's other schedules do.
- A job with any other wrong value, with a bad or repeated name, with an \`after\` that names an unknown job or is
  circular, doesn't run at all until that is fixed. Of two jobs with the same name, the first is used.
- Unknown keys are kept, with a warning.
- \`webstir build\` fails on every error except a variable that is not set: it may be set where the build will run.
- Only a \`package.json\` that is missing or not valid JSON, or \`jobs\` that is not an array, stops everything.

## The key of a schedule

The store keeps the watermark of each schedule under a key made from the job's name and the schedule's text, time zone and
arguments, all as written in \`package.json\`. Changing one of them makes it a new schedule, which starts now; changing
anything else doesn't.

## What \`webstir backend-inspect --json\` prints

One object. Times are ISO 8601 in UTC, durations are texts as above, paths are relative to the workspace.

| key | meaning |
|---|---|
| \`workspace\` | absolute path |
| \`name\`, \`version\`, \`mode\` | of the module; \`null\` if \`package.json\` has none |
| \`manifestKey\` | which key has the jobs |
| \`settings\` | \`webstir.scheduler\` with its defaults: \`timezone\`, \`concurrency\`, \`staleAfter\`, \`history\`, \`redact\`, \`hooks\` |
| \`build\` | \`path\`, \`exists\`, \`fresh\`, \`reason\` (why it is not fresh), \`builtAt\`, \`version\` |
| \`nodes\` | the live processes of the store, as \`webstir nodes --json\` shows them; \`null\` where there is no store, or where it can't be read |
| \`migrations\` | the files of \`src/backend/db/migrations\`, in their order; \`webstir db-migrate --status\` says which are applied |
| \`jobs\` | an array, below |
| \`problems\` | an array of \`severity\` (\`error\` or \`warning\`), \`code\`, \`job\`, \`path\`, \`message\`, \`hint\` |

A job has \`name\`, \`description\`, \`priority\` (as written), \`queue\`, \`enabled\`, \`disabledBy\`, \`schedules\`, \`next\` (the earliest of
its schedules), \`multiTenant\` (by \`package.json\` or by its module; \`null\` where the module decides and isn't built
as it stands), \`codeSchedules\` (\`known\`, or \`unknown\` where the job may declare more in \`meta()\` and isn't built as it
stands), \`problem\` (why it can't run), \`formerly\` (names under which its history is kept too), \`timezone\`, \`args\`, \`policies\` (each with its value, also where that is the
default), \`notDefault\` (names of the policies that were changed), \`source\`, and \`built\` with \`path\`, \`exists\` and
\`fresh\`. From the store come \`paused\` (\`scope\`, \`since\`, \`until\`, \`drain\`, \`by\`, \`reason\`; \`null\` while it is not paused) and \`lastRun\` (\`id\`,
\`status\`, \`scheduledFor\`, \`completedAt\` of the newest execution that started; \`null\` where there is none). A schedule has \`schedule\` (verbatim), \`words\`, \`timezone\`, \`args\`, \`origin\` (\`manifest\` or \`code\`), \`kind\`
(\`cron\`, \`rate\`, \`at\`, \`reboot\`), \`next\`, \`note\` (what to show if there is no \`next\`) and \`problem\`.

The lists of \`webstir list-jobs --json\` and of the built scheduler's \`--list --json\` are arrays of jobs with the keys
from \`name\` to \`problem\`, their schedules without \`words\`; \`list-jobs\` adds \`paused\` and \`lastRun\`, which the built
scheduler doesn't know, as its list opens no store. The built scheduler knows only its build: \`codeSchedules\` is
\`unknown\` there for a job that has no module in it.
`

const targets = [
  [join(root, 'docs', 'manifest.md'), page],
  [join(root, 'job-manifest.schema.json'), `${formatted(published)}\n`],
  [join(root, 'runtime', 'manifest', 'manifest-job.ts'), manifestTypes({ job, entry, retry })],
]
for (const [path, text] of targets) {
  if (!process.argv.includes('--check')) await writeFile(path, text)
  else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
    console.error(`${path} is not current: run node scripts/docs-manifest.mjs`)
    process.exitCode = 1
  }
}
