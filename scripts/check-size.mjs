// Holds source files to a length that can be read at one go.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const MOST_LINES = 250

const lengths = ['cli', 'runtime', 'scripts', 'templates']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)))
  .filter((file) => /\.m?ts$|\.mjs$/.test(file) && !file.includes('node_modules'))
  .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))

const faults = lengths.flatMap(({ file, lines }) => {
  if (lines <= MOST_LINES) return []
  return [`${file}: has ${lines} lines, and may have ${MOST_LINES}: divide it by what it is about`]
})

for (const fault of faults) console.error(fault)
process.exit(faults.length === 0 ? 0 : 1)
