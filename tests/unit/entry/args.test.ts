import { describe, expect, it } from 'vitest'
import { readOptions } from '../../../runtime/entry/args.ts'

describe('the options of the built scheduler', () => {
  it.each([
    [['--list', '--json', '--timezone', 'UTC']],
    [['--json']],
    [['--job', 'a', '--args', '1', '--tenant', 't', '--scheduled-for', 'x', '--force', '--grace', '1s']],
    [['--watch', '--job', 'a', '--strict', '--no-reboot', '--grace', '1s']],
    [['--history', '--job', 'a', '--limit', '5', '--json']],
    [['--all', '--force']],
    [['--pause', 'a', '--reason', 'b']],
    [['--help', '--watch', '--args', '1']],
  ])('take %j', (argv) => {
    expect(() => readOptions(argv)).not.toThrow()
  })

  it.each([
    [['--args', '1'], '--args does nothing on its own', '--job'],
    [['--list', '--watch'], '--list and --watch exclude each other', 'one of them'],
    [['--history', '--status'], '--history and --status exclude each other', 'one of them'],
    [['--list', '--job', 'a'], '--job does nothing with --list', '--watch or --history'],
    [['--watch', '--args', '1'], '--args does nothing with --watch', '--job'],
    [['--all', '--tenant', 't'], '--tenant does nothing with --all', '--job'],
    [['--job', 'a', '--strict'], '--strict does nothing with --job', '--watch'],
    [['--watch', '--json'], '--json does nothing with --watch', '--list or --history or --status'],
    [['--resume', 'a', '--reason', 'b'], '--reason does nothing with --resume', '--pause'],
  ])('refuse %j, of which a part would do nothing', (argv, message, hint) => {
    expect(() => readOptions(argv)).toThrow(
      expect.objectContaining({ code: 'USAGE', message, hint: expect.stringContaining(hint) }),
    )
  })
})
