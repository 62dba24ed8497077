import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkJobName, findByName } from '../../../runtime/manifest/job-names.ts'

describe('the name of a job', () => {
  it.each(['a', 'nightly', 'Clean_Up-2', '007', '-x', 'console', 'com', 'com10', 'x'.repeat(100)])(
    'may be %j',
    (name) => {
      expect(checkJobName(name)).toBeNull()
    },
  )

  it.each([
    ['', 'it is empty', undefined],
    ['Clean Up', 'only letters, digits, "-" and "_" are allowed', 'clean-up'],
    ['../etc/passwd', 'only letters', 'etc-passwd'],
    ['a/b', 'only letters', 'a-b'],
    ['a\\b', 'only letters', 'a-b'],
    ['..', 'only letters', undefined],
    ['a.b', 'only letters', 'a-b'],
    ['a\u0000b', 'only letters', 'a-b'],
    ['Ünïcode', 'only letters', 'unicode'],
    ['日本', 'only letters', undefined],
    ['---', 'it has no letter or digit', undefined],
    ['CON', 'Windows keeps that name', 'con-job'],
    ['lpt1', 'Windows keeps that name', 'lpt1-job'],
    ['x'.repeat(101), 'it has 101 characters, more than 100', 'x'.repeat(100)],
  ])('may not be %j', (name, reason, suggestion) => {
    const fault = checkJobName(name)
    expect(fault?.message).toContain(reason)
    expect(fault?.suggestion).toBe(suggestion)
  })

  it('is only ever suggested where it is a good one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 150 }), (name) => {
        const suggestion = checkJobName(name)?.suggestion
        return suggestion === undefined || checkJobName(suggestion) === null
      }),
    )
  })
})

describe('finding by name', () => {
  const items = [{ name: 'my_cleanup_task' }, { name: 'Report' }, { name: 'report' }]

  it('takes the very same name before one that differs in case', () => {
    expect(findByName(items, 'report').item).toBe(items[2])
  })

  it('minds neither case nor "-" nor "_"', () => {
    expect(findByName(items, 'My-Cleanup-Task').item).toBe(items[0])
    expect(findByName(items, 'mycleanuptask').item).toBe(items[0])
  })

  it('says which name was probably meant', () => {
    expect(findByName(items, 'reprot')).toEqual({ item: undefined, near: 'Report' })
    expect(findByName(items, 'something-else')).toEqual({ item: undefined, near: undefined })
  })
})
