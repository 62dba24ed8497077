import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { playTour, tourOf } from '../../scripts/tour.mjs'
import { makeWorkspace, plainEnvironment, ROOT, runProcess } from '../support/workspace.ts'

/** What differs from run to run: numbers, ids, hosts, paths, white space. What is left must be as the README shows it. */
function normal(line: string): string {
  return line
    .replace(/store=\S+/, 'store=S')
    .replace(/node=\S+/, 'node=N')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/\d+/g, '#')
    .replace(/\s+/g, ' ')
    .trim()
}

it.each(['README.md', 'docs/getting-started.md'])('%s works word for word, and prints what it shows', async (page) => {
  const folder = await mkdtemp(join(tmpdir(), 'webstir-readme-'))
  try {
    const played = await playTour(tourOf(page), folder)
    expect(played.length).toBeGreaterThan(8)
    for (const { line, code, output, expected } of played) {
      expect(code, `$ ${line}\n${output}`).toBe(0)
      const printed = output.split('\n').map(normal)
      for (const wanted of expected) expect(printed, `$ ${line}`).toContain(normal(wanted))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

describe("the README's first screen", () => {
  const screen = readFileSync(join(ROOT, 'README.md'), 'utf8').split('## Why')[0] ?? ''
  const block = (language: string): string[] =>
    (new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(screen)?.[1] ?? '').trim().split('\n')
  /** What a process prints until it matches; then it is asked to stop. Rejects where it ends without. */
  const printedUntil = (command: string, cwd: string, wanted: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const env = { ...plainEnvironment(), PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
      const child = spawn('/bin/sh', ['-c', `exec ${command}`], { cwd, env })
      let output = ''
      const take = (chunk: Buffer): void => {
        output += String(chunk)
        if (wanted.test(output)) child.kill('SIGTERM')
      }
      child.stdout.on('data', take)
      child.stderr.on('data', take)
      child.on('close', () => (wanted.test(output) ? resolve(output) : reject(new Error(`${command}\n${output}`))))
    })

  it('leads to a new workspace whose job runs', async () => {
    const lines = block('sh')
    expect(lines.length).toBeLessThan(10)
    let folder = makeWorkspace({ packageJson: null }).root
    for (const line of lines) {
      const [, target] = /^cd (\S+)$/.exec(line) ?? []
      if (target !== undefined) folder = join(folder, target)
      else if (line === 'npm run watch') await printedUntil('node_modules/.bin/webstir watch', folder, /hello started/)
      else {
        const command = line.replace(/^npx webstir-jobs /, `"${process.execPath}" "${join(ROOT, 'dist/cli/bin.js')}" `)
        const { code, stderr } = await runProcess('/bin/sh', ['-c', command], { cwd: folder })
        expect(code, `${line}\n${stderr}`).toBe(0)
      }
    }
  })

  it('lets an application run a job in its own process', async () => {
    const lines = block('js')
    expect(lines.length).toBeLessThan(10)
    const application = makeWorkspace({
      packageJson: { name: 'application', type: 'module' },
      files: { 'app.js': lines.join('\n') },
      linked: true,
    })
    const output = await printedUntil(`"${process.execPath}" app.js`, application.root, /succeeded/)
    expect(output).toContain('[cleanup] cleaned up')
    expect(application.read('data/jobs.sqlite').startsWith('SQLite format 3')).toBe(true)
  })
})
