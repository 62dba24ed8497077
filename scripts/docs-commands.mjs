// Writes docs/commands.md from the table of commands, or says with --check whether it is current.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(root, 'docs', 'commands.md')

/** The table is TypeScript; the commands themselves are left out, as they are only imported when they run. */
async function load() {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-docs-'))
  try {
    const outfile = join(folder, 'table.mjs')
    const contents = `export { commands } from './cli/registry/index.ts'; export { optionTitle, synopsis } from './cli/command-line/help.ts'`
    const stdin = { contents, resolveDir: root, loader: 'ts' }
    await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile, external: ['../commands/*'] })
    return await import(pathToFileURL(outfile).href)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const inTable = (text) => text.replaceAll('|', '\\|')
const { commands, optionTitle, synopsis } = await load()

function section(command) {
  const { name, aliases = [], describe, details = [], positionals, options, examples } = command
  const rows = [
    ...positionals.map((word) => [word.name.toUpperCase() + (word.many ? '...' : ''), word]),
    ...Object.entries(options).map(([option, definition]) => {
      const short = definition.alias === undefined ? '' : `-${definition.alias}, `
      return [`${short}--${optionTitle(option, definition)}`, definition]
    }),
  ]
  const about = ({ describe, choices }) => (choices === undefined ? describe : `${describe} (${choices.join(', ')})`)
  const table = [
    '| | |',
    '|---|---|',
    ...rows.map(([title, word]) => `| \`${inTable(title)}\` | ${inTable(about(word))} |`),
  ]
  return [
    `## ${name}`,
    `\`\`\`\nwebstir ${synopsis(command)}${Object.keys(options).length === 0 ? '' : ' [options]'}\n\`\`\``,
    `${describe}.`,
    ...details,
    ...(aliases.length === 0 ? [] : [`Also: ${aliases.map((alias) => `\`webstir ${alias}\``).join(', ')}.`]),
    ...(rows.length === 0 ? [] : [table.join('\n')]),
    `\`\`\`sh\n${examples.map(([line, does]) => `${line}   # ${does}`).join('\n')}\n\`\`\``,
  ].join('\n\n')
}

const page = `${[
  '# Commands',
  '<!-- Made by scripts/docs-commands.mjs from cli/registry/. Change it there. -->',
  commands
    .map(({ name, describe }) => `- [\`webstir ${name}\`](#${name}): ${describe[0].toLowerCase()}${describe.slice(1)}`)
    .join('\n'),
  [
    'For all of them:',
    '',
    '- `--help` shows options and examples, `webstir --version` the version.',
    '- `--workspace PATH` names the workspace. Without it, it is the nearest folder, from the current one upward, whose `package.json` has a `webstir` key.',
    '- `--json` prints data on standard output and nothing else; messages go to standard error.',
    '- The exit code is 0 on success, 1 on an error (one line says what is wrong, one line what to do), 2 if the command line is wrong, and 75 if a job is already running. `DEBUG=webstir` adds the stack of an error.',
    '- Colours are used on a terminal only, and not where `NO_COLOR` is set.',
    '- Commands that change `package.json` take turns (they hold the file `.webstir.lock` beside it), edit it in place and replace it in one step, so that commands at the same time lose nothing.',
  ].join('\n'),
  ...commands.map(section),
].join('\n\n')}\n`

if (process.argv.includes('--check')) {
  const current = await readFile(target, 'utf8').catch(() => '')
  if (current !== page) {
    process.stderr.write('docs/commands.md is not current: run node scripts/docs-commands.mjs\n')
    process.exitCode = 1
  }
} else {
  await writeFile(target, page)
}
