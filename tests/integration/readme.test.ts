import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { playTour, tourOf } from '../../scripts/tour.mjs'

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
