import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where a workspace keeps the migrations of its own database, relative to it. */
export const MIGRATIONS = 'src/backend/db/migrations'

export interface MigrationFile {
  /** The file's name without its extension: what is kept of it, and the order in which it comes. */
  readonly name: string
  /** Relative to the workspace. */
  readonly path: string
  readonly kind: 'sql' | 'module'
}

/** In the order in which they are applied: that of their names. */
export function migrationFiles(workspace: string): MigrationFile[] {
  const folder = join(workspace, MIGRATIONS)
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:sql|ts|js|mjs)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map(({ name }) => ({
      name: name.replace(/\.\w+$/, ''),
      path: `${MIGRATIONS}/${name}`,
      kind: name.endsWith('.sql') ? ('sql' as const) : ('module' as const),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Quotes and comments, in which a semicolon and a question mark mean nothing. */
const QUIET = [
  `'(?:[^']|'')*'`,
  '"(?:[^"]|"")*"',
  '`(?:[^`]|``)*`',
  String.raw`--[^\n]*`,
  String.raw`/\*[\s\S]*?\*/`,
  String.raw`(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1`,
]
const PIECE = new RegExp([...QUIET, '[;?]'].join('|'), 'g')
/** A trigger of SQLite contains statements. */
const TRIGGER = /^\s*create\s+(?:temp(?:orary)?\s+)?trigger\b[\s\S]*\bbegin\b/i

/**
 * The statements of a SQL file, each as the workspace's client takes it: one at a time, and `??` for a question mark that
 * is not a placeholder.
 */
export function statementsOf(sql: string): string[] {
  const statements: string[] = []
  let text = ''
  let at = 0
  const end = (): void => {
    if (text.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, '').trim() !== '') statements.push(text.trim())
    text = ''
  }
  for (const match of sql.matchAll(PIECE)) {
    text += sql.slice(at, match.index)
    at = match.index + match[0].length
    if (match[0] === '?') text += '??'
    else if (match[0] !== ';') text += match[0]
    else if (TRIGGER.test(text) && !/\bend\s*$/i.test(text)) text += ';'
    else end()
  }
  text += sql.slice(at)
  end()
  return statements
}
