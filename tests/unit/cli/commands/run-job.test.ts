import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { prompt } from '../../../../cli/command-line/prompt.ts'
import { askForArguments } from '../../../../cli/commands/run-job.ts'
import { keepOutput } from '../../../support/output.ts'

const CHOICES = [
  { schedule: '0 * * * *', args: ['hourly'] },
  { schedule: '@daily', args: ['daily', 2] },
]

async function answer(typed: string) {
  const input = new PassThrough()
  const output = new PassThrough()
  const io = keepOutput()
  const answered = askForArguments(CHOICES, (questions) => prompt(questions, { input, output }), io)
  input.end(typed)
  const args = await answered
  output.end()
  return { args, shown: `${io.errors.join('\n')}\n${await text(output)}` }
}

it('asks which arguments of the schedules a run takes, the first by default', async () => {
  const { args, shown } = await answer('\n')
  expect(args).toBe('["hourly"]')
  expect(shown).toContain('1  ["hourly"]  (0 * * * *)\n  2  ["daily",2]  (@daily)')
  expect(await answer('3\nx\n2\n')).toMatchObject({ args: '["daily",2]' })
  expect((await answer('0\n1\n')).shown).toContain('Enter a number from 1 to 2.')
})
