import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { NewFile } from './files.ts'
import { packageRoot } from './package-root.ts'

/** Names that npm pack would drop or take for its own; left: in templates/, right: in a workspace. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore', 'env.example': '.env.example' }

/** The files of a new workspace, `{{name}}` and its like filled in. Values go into JSON texts and prose alike. */
export function workspaceFiles(values: Readonly<Record<string, string>>): NewFile[] {
  const folder = join(packageRoot(), 'templates', 'workspace')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files
    .map((entry) => {
      const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
      return { path: RENAMED[path] ?? path, text: fillIn(text, values) }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (placeholder, name: string) => values[name] ?? placeholder)
}

/** Where a workspace says who its tenants are, relative to it. */
export const TENANTS_FILE = 'src/backend/tenants.ts'
/** What that file is made from, in templates/. */
export const TENANTS_TEMPLATE = 'tenants/tenants.ts'
/** Where it takes its database client from. */
export const CONNECTION_FILE = 'src/backend/db/connection.ts'

/** The text of a file of templates/, by its path in there. */
export function readTemplate(path: string): string {
  return readFileSync(join(packageRoot(), 'templates', ...path.split('/')), 'utf8')
}
