import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openManifestText } from '../../../../cli/workspace/package-json.ts'
import type { JsonValue } from '../../../../runtime/support/json.ts'

const ENTRY = { name: 'new', schedule: '0 0 * * *' }
const add = async (text: string, entry: JsonValue = ENTRY): Promise<string> =>
  (await openManifestText('/w', text)).withEntry(entry)

/** What stands in `after` and not in `before`, where the one is the other with one piece inserted. */
function insertion(before: string, after: string): string {
  let start = 0
  while (start < before.length && before[start] === after[start]) start++
  let end = 0
  while (end < before.length - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  expect(start + end, 'nothing of the old text is lost').toBe(before.length)
  return after.slice(start, after.length - end)
}

describe('adding an entry to the text of package.json', () => {
  it('fills an empty array with the indentation of the file', async () => {
    const before = '{\n  "webstir": {\n    "module": {\n      "jobs": []\n    }\n  }\n}\n'
    expect(insertion(before, await add(before))).toBe(
      '\n        {\n          "name": "new",\n          "schedule": "0 0 * * *"\n        }\n      ',
    )
  })

  it('goes by tabs, CRLF, a missing final newline and an unusual order of keys', async () => {
    const before =
      '{\r\n\t"webstir": {\r\n\t\t"module": {\r\n\t\t\t"jobs": [\r\n\t\t\t\t{\r\n\t\t\t\t\t"schedule": "@daily",\r\n\t\t\t\t\t"name": "old"\r\n\t\t\t\t}\r\n\t\t\t]\r\n\t\t}\r\n\t},\r\n\t"version": "1.0.0", "name": "odd"\r\n}'
    expect(insertion(before, await add(before))).toBe(
      ',\r\n\t\t\t\t{\r\n\t\t\t\t\t"name": "new",\r\n\t\t\t\t\t"schedule": "0 0 * * *"\r\n\t\t\t\t}',
    )
  })

  it('writes an entry on one line where its neighbours are', async () => {
    const before = '{ "webstir": { "module": { "jobs": [\n  { "name": "a" },\n  { "name": "b" }\n] } } }\n'
    expect(insertion(before, await add(before))).toBe(',\n  { "name": "new", "schedule": "0 0 * * *" }')
  })

  it('stays within the line where the whole array does', async () => {
    const before = '{\n  "webstir": { "module": { "jobs": [{ "name": "a" }] } }\n}\n'
    expect(insertion(before, await add(before))).toBe(', { "name": "new", "schedule": "0 0 * * *" }')
  })

  it('keeps minified JSON minified', async () => {
    const before = '{"name":"x: y, z","webstir":{"module":{"jobs":[]}}}'
    expect(insertion(before, await add(before))).toBe('{"name":"new","schedule":"0 0 * * *"}')
    const second = await add(await add(before), { name: 'b' })
    expect(second).toBe(
      '{"name":"x: y, z","webstir":{"module":{"jobs":[{"name":"new","schedule":"0 0 * * *"},{"name":"b"}]}}}',
    )
  })

  it.each([
    ['{\n  "webstir": {}\n}\n', 'webstir.module.jobs'],
    ['{\n  "webstir": {\n    "module": {\n      "name": "x"\n    }\n  }\n}\n', 'webstir.module.jobs'],
    ['{"webstir":{"moduleManifest":{"name":"x"}}}', 'webstir.moduleManifest.jobs'],
    ['{"webstir":{"moduleManifest":{"jobs":[{"name":"a"}]}}}', 'webstir.moduleManifest.jobs'],
    ['{"webstir":{"module":{"jobs":[]},"moduleManifest":{"jobs":[{"name":"a"}]}}}', 'webstir.module.jobs'],
  ])('makes the keys that are missing, of those that the workspace uses: %j', async (before, key) => {
    const after = await add(before)
    insertion(before, after)
    const jobs = key.split('.').reduce<unknown>((at, step) => Reflect.get(Object(at), step), JSON.parse(after))
    expect(jobs).toContainEqual(ENTRY)
  })

  it('keeps a byte order mark, unknown keys and odd numbers as they are', async () => {
    const before =
      '\ufeff{\n "webstir": {"module": {"jobs": [\n {"name": "a", "x": 1.0e+2, "é": "\\u00e9"}\n]}, "later": {"a" : [ 1,2 ]}}}\n'
    expect(insertion(before, await add(before, { name: 'b' }))).toBe(',\n { "name": "b" }')
  })

  it.each([
    ['{ "webstir": { "module": { "jobs": [] } }', /package\.json:1:4\d: broken JSON/],
    ['{ "webstir": { "module": { "jobs": {} } } }', /webstir\.module\.jobs must be an array, and is an object/],
    ['{ "webstir": [] }', /webstir must be an object/],
    ['{ "name": "x" }', /has no "webstir" key/],
    ['{ "webstir": { "module": { "jobs": [1], "jobs": [] } } }', /has a key of webstir\.module\.jobs twice/],
    ['{ "webstir": {}, /* why */ "a": 1 }', /broken JSON/],
  ])('refuses %j', async (text, message) => {
    await expect(add(text)).rejects.toThrow(message)
  })
})

describe('removing entries from the text of package.json', () => {
  it.each([[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]])(
    'leaves valid JSON without them (%j)',
    async (...indexes) => {
      const jobs = [{ name: 'a' }, { name: 'b', args: [1] }, { name: 'c' }]
      for (const text of [
        JSON.stringify({ webstir: { module: { jobs } } }),
        JSON.stringify({ webstir: { module: { jobs } } }, null, 2),
      ]) {
        const after = (await openManifestText('/w', text)).without(indexes)
        expect(JSON.parse(after).webstir.module.jobs).toEqual(jobs.filter((_, index) => !indexes.includes(index)))
      }
    },
  )

  it('undoes what adding did, to the byte', async () => {
    const indents = fc.constantFrom('', ' ', '  ', '\t', '    ')
    const eols = fc.constantFrom('\n', '\r\n')
    const jobs = fc.array(fc.record({ name: fc.string(), args: fc.array(fc.jsonValue(), { maxLength: 2 }) }), {
      maxLength: 3,
    })
    await fc.assert(
      fc.asyncProperty(jobs, indents, eols, fc.boolean(), async (entries, indent, eol, older) => {
        const holder = older ? { moduleManifest: { jobs: entries } } : { module: { jobs: entries } }
        const text = JSON.stringify({ a: 1, webstir: { ...holder, z: {} } }, null, indent).replaceAll('\n', eol)
        const added = await add(text)
        const opened = await openManifestText('/w', added)
        expect(opened.entries.at(-1)).toEqual({ name: 'new', index: entries.length })
        insertion(text, added)
        expect(opened.without([entries.length])).toBe(text)
      }),
    )
  })
})
