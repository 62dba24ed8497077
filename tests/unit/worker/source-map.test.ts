import { SourceMap } from 'node:module'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { sourcePlaces } from '../../../runtime/worker/source-map.ts'
import { ROOT } from '../../support/workspace.ts'

describe('a source map', () => {
  it("says of every place what Node's own reader says", async () => {
    const { outputFiles } = await build({
      absWorkingDir: ROOT,
      entryPoints: ['runtime/schedule/index.ts'],
      outdir: 'out',
      bundle: true,
      format: 'esm',
      platform: 'node',
      sourcemap: 'linked',
      sourcesContent: false,
      write: false,
    })
    const map = outputFiles.find(({ path }) => path.endsWith('.map'))?.text ?? ''
    const text = outputFiles.find(({ path }) => path.endsWith('.js'))?.text ?? ''
    const places = text
      .split('\n')
      .flatMap((line, index) => [1, 4, 12, line.length].map((column) => ({ line: index + 1, column })))
      .filter(({ column }) => column > 0)
    const node = new SourceMap(JSON.parse(map))

    const found = sourcePlaces(map, places)

    expect(found.length).toBeGreaterThan(4000)
    for (const [index, { line, column }] of places.entries()) {
      const entry = node.findEntry(line - 1, column - 1)
      // Where nothing in the line begins before the place, Node names the end of the line before; we name nothing.
      if (!('originalSource' in entry) || entry.generatedLine !== line - 1) expect(found[index]).toBeNull()
      else {
        expect(found[index]).toEqual({
          source: entry.originalSource,
          line: entry.originalLine + 1,
          column: entry.originalColumn + 1,
        })
      }
    }
  })

  it('is refused where it is broken', () => {
    const map = JSON.stringify({ version: 3, sources: ['a'], mappings: '!!' })
    expect(() => sourcePlaces(map, [{ line: 1, column: 1 }])).toThrow('no valid mapping')
  })
})
