// Plays the README's tour before your eyes, in a temporary folder, with its commands.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { playTour, tourOf } from './tour.mjs'

const folder = mkdtempSync(join(tmpdir(), 'webstir-demo-'))
const played = await playTour(tourOf('README.md'), folder, (text) => process.stdout.write(text))
const failed = played.filter(({ code }) => code !== 0)
for (const { line, code } of failed) console.error(`\nfailed with ${code}: ${line}`)
console.log(
  `\n${failed.length === 0 ? 'All of it worked.' : 'Not all of it worked.'} The workspace is ${join(folder, 'my-jobs')}`,
)
process.exit(failed.length === 0 ? 0 : 1)
