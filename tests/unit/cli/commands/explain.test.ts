import { describe, expect, it } from 'vitest'
import { explain } from '../../../../cli/commands/explain.ts'
import { keepOutput } from '../../../support/output.ts'

const told = async (expr: string, timezone?: string) => {
  const output = keepOutput()
  const data = await explain({ expr: [expr], timezone }, output)
  return { data, text: output.printed.join('\n') }
}

describe('explain', () => {
  it('says a schedule in words, field by field, with its next five fires', async () => {
    const { data, text } = await told('*/15 9-17 * * MON-FRI', 'Europe/Berlin')
    expect(text).toContain('every 15 minutes from 09:00 to 17:59 on Monday to Friday (Europe/Berlin)')
    expect(text).toMatch(/day-of-week +MON-FRI +on Monday to Friday/)
    expect(text).toContain('Next fires (Europe/Berlin)')
    expect(data.next).toHaveLength(5)
    expect(data.fields.map(({ field }) => field)).toEqual(['minute', 'hour', 'day-of-month', 'month', 'day-of-week'])
  })

  it('says what daylight saving does to it in this and the next year', async () => {
    const { data, text } = await told('30 2 * * *', 'Europe/Berlin')
    const year = new Date().getUTCFullYear()
    expect(text).toContain(`Daylight saving in ${year} and ${year + 1}`)
    expect(data.daylight.map(({ date, kind }) => `${date.slice(0, 4)} ${kind}`)).toEqual([
      `${year} moved`,
      `${year} repeated-once`,
      `${year + 1} moved`,
      `${year + 1} repeated-once`,
    ])
    expect((await told('30 2 * * *')).text).toContain('No change of the clock touches it.')
  })

  it('warns of what people get wrong', async () => {
    expect((await told('0 0 1 * MON')).text).toContain('on days that match either of them')
    expect((await told('*/7 * * * *')).data.advice.map(({ code }) => code)).toContain('UNEVEN_STEP')
  })

  it('lists no fires of what begins with a scheduler or is over', async () => {
    expect((await told('rate(5 minutes)')).data).toMatchObject({ next: [], note: 'on start, then every 5 minutes' })
    expect((await told('@reboot')).data).toMatchObject({ next: [], note: 'once, each time a scheduler starts' })
    expect((await told('at(2020-01-01T00:00:00)')).data).toMatchObject({ next: [], note: /never again/ })
  })

  it('joins the words of an expression that was not quoted', async () => {
    const output = keepOutput({ json: true })
    await explain({ expr: ['0', '0', '1', '1', '0-6'] }, output)
    expect(output.values).toMatchObject([{ expression: '0 0 1 1 0-6' }])
    expect(output.printed).toEqual([])
  })

  it.each([
    ['61 * * * *', 'minute 61 is out of range 0-59\n  61 * * * *\n  ^'],
    ['0 0 * * MOM', 'day-of-week "MOM" is not the name of a weekday\n  0 0 * * MOM\n          ^'],
  ])('points at what is wrong in "%s"', async (expr, message) => {
    await expect(told(expr)).rejects.toThrow(message)
  })

  it('knows the zone that was probably meant', async () => {
    await expect(told('0 0 * * *', 'Berlin')).rejects.toMatchObject({ hint: 'did you mean Europe/Berlin?' })
  })
})
