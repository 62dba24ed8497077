import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

let found: string | undefined

/** The folder of this package: from a checkout or installed, built or not. */
export function packageRoot(): string {
  found ??= search(dirname(fileURLToPath(import.meta.url)))
  return found
}

/** True where this package is a checkout and not inside a node_modules. */
export function isCheckout(root: string = packageRoot()): boolean {
  return !root.split(sep).includes('node_modules')
}

/** This package's version. */
export function packageVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'))
  return version
}

function search(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, 'package.json')
    if (existsSync(path) && isOurs(readFileSync(path, 'utf8'))) return folder
    if (dirname(folder) === folder) throw new Error(`the package webstir-jobs was not found above ${start}`)
  }
}

function isOurs(text: string): boolean {
  if (!text.includes('webstir-jobs')) return false
  const manifest: unknown = JSON.parse(text)
  return typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'webstir-jobs'
}
