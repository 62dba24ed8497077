// Plays the tour of a Markdown page: its commands are run in an empty folder as they are written there, its source files are
// written where their first line says. The README's demo and the test that keeps it true are this one program.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** A command that watches is stopped after this long, as a reader would with Ctrl-C. */
const WATCHING = 5000

/**
 * Fenced blocks in order: `{ kind: 'file', path, text }` for one whose first line is a comment with a path, and
 * `{ kind: 'command', line, expected }` for each `$ ` line of a console block, with the output shown below it.
 */
export function readTour(markdown) {
  const steps = []
  for (const [, language, body] of markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    const path = /^\/\/ (\S+\.\w+)\n/.exec(body)?.[1]
    if (path !== undefined) steps.push({ kind: 'file', path, text: body.slice(body.indexOf('\n') + 1) })
    if (language !== 'console') continue
    for (const line of body.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) steps.push({ kind: 'command', line: line.slice(2), expected: [] })
      else if (line.trim() !== '') steps.at(-1)?.expected?.push(line)
    }
  }
  return steps
}

/** Plays the steps in `folder`; `show` gets all output as it comes. Resolves to each command with what it printed. */
export async function playTour(steps, folder, show = () => {}) {
  const played = []
  let current = folder
  for (const step of steps) {
    if (step.kind === 'file') {
      const file = join(current, step.path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, step.text)
      show(`\n(${step.path} is written)\n`)
      continue
    }
    show(`\n$ ${step.line}\n`)
    const [, target] = /^cd (\S+)$/.exec(step.line) ?? []
    if (target !== undefined) current = resolve(current, target)
    else played.push({ ...step, ...(await run(step.line, current, show)) })
  }
  return played
}

function run(line, cwd, show) {
  return new Promise((done) => {
    const command = line.replace(/^webstir /, `"${process.execPath}" "${join(root, 'dist', 'cli', 'bin.js')}" `)
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
    // `exec`: the signal below is the command's, not the shell's.
    const child = spawn('/bin/sh', ['-c', command.replace(/^((?:\w+=\S+ )*)/, '$1exec ')], { cwd, env })
    const timer = line.includes('--watch') ? setTimeout(() => child.kill('SIGINT'), WATCHING) : undefined
    let output = ''
    const take = (chunk) => {
      output += chunk
      show(String(chunk))
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('close', (code) => {
      clearTimeout(timer)
      done({ output, code })
    })
  })
}

/** The tour of a page of this project, by its path. */
export function tourOf(page) {
  return readTour(readFileSync(join(root, page), 'utf8'))
}
