import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { prompt } from '../../../../cli/command-line/prompt.ts'

const NAME = { text: 'Name', byDefault: 'jobs', check: (answer: string) => (answer.includes(' ') ? 'no spaces' : null) }
const ZONE = { text: 'Zone', byDefault: 'UTC', check: () => null }

/** Answers with these lines, all of them typed ahead, and ends the input. */
async function answer(lines: string): Promise<{ answers: Promise<string[]>; shown: string }> {
  const input = new PassThrough()
  const output = new PassThrough()
  const answers = prompt([NAME, ZONE], { input, output })
  answers.catch(() => {}).finally(() => output.end())
  input.end(lines)
  return { shown: await text(output), answers }
}

describe('asking on a terminal', () => {
  it('takes the default for an empty answer', async () => {
    const { answers, shown } = await answer('\nEurope/Berlin\n')
    expect(await answers).toEqual(['jobs', 'Europe/Berlin'])
    expect(shown).toContain('Name (jobs): ')
    expect(shown).toContain('Zone (UTC): ')
  })

  it('asks again where an answer will not do, and says why', async () => {
    const { answers, shown } = await answer('my jobs\nmy-jobs\n\n')
    expect(await answers).toEqual(['my-jobs', 'UTC'])
    expect(shown).toContain('no spaces\n')
  })

  it('gives up where the input ends', async () => {
    const { answers } = await answer('only-one\n')
    await expect(answers).rejects.toMatchObject({
      code: 'NO_ANSWER',
      hint: 'answer them, or give --yes to take the defaults',
    })
  })
})
