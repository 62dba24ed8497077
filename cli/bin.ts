#!/usr/bin/env node
import { isTerminal, writeError, writeOut } from '../runtime/support/stdio.ts'
import { main } from './main.ts'

const code = await main(process.argv.slice(2), {
  stdout: {
    write(text) {
      // A reader that went away (`webstir list-jobs | head -1`) is not an error.
      if (!writeOut(text)) process.exit(0)
    },
    get isTTY() {
      return isTerminal(1)
    },
    get columns() {
      return isTerminal(1) ? process.stdout.columns : undefined
    },
  },
  stderr: {
    write: writeError,
    get isTTY() {
      return isTerminal(2)
    },
  },
  stdin: {
    get isTTY() {
      return isTerminal(0)
    },
  },
  env: process.env,
})
process.exit(code)
