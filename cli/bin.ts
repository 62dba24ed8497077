#!/usr/bin/env node
import { main } from './main.ts'

// A reader that went away (`webstir list-jobs | head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const code = await main(process.argv.slice(2))
// What was printed may still be on its way to a pipe.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
process.exit(code)
