import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publicTypes } from '../../../scripts/public-types.mjs'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'webstir-public-types-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function given(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

describe('the public types', () => {
  it('are what the entry points reach, taken from where it is declared', () => {
    given({
      'index.d.ts': "export { open, type Options } from './door/index.ts';\n",
      'door/index.d.ts': "export * from './open.ts';\nexport { loop } from '../loop.ts';\n",
      'door/open.d.ts': `import { type Clock, Unused } from '../clock.ts';
/** How to open. */
export interface Options {
    readonly clock?: Clock;
}
export interface Internal {
    readonly unused: Unused;
}
export declare function open(options?: Options): void;
`,
      'clock.d.ts': 'export interface Clock {\n    now(): number;\n}\nexport interface Unused {}\n',
      'loop.d.ts': 'export declare function loop(): void;\n',
    })

    const { files, hidden } = publicTypes(folder, ['index.d.ts'])

    expect(Object.fromEntries(files)).toEqual({
      'index.d.ts': "export { open, type Options } from './door/open.js';\n",
      'door/open.d.ts': `import type { Clock } from '../clock.js';
/** How to open. */
export interface Options {
    readonly clock?: Clock;
}
export declare function open(options?: Options): void;
export {};
`,
      'clock.d.ts': 'export interface Clock {\n    now(): number;\n}\nexport {};\n',
    })
    expect(hidden).toEqual(['index.d.ts: Clock, of clock.d.ts'])
  })

  it('are hidden where neither the entry point nor the main one exports them', () => {
    given({
      'index.d.ts': "export { type Shared } from './shared.ts';\n",
      'testing.d.ts': `import { type Shared, type Base } from './shared.ts';
declare const CODES: { readonly a: 'A' };
export declare class Clock extends Base<Shared> {
    readonly code: (typeof CODES)['a'];
    private readonly secret;
}
`,
      'shared.d.ts': 'export interface Shared {}\nexport declare class Base<T> {\n    value: T;\n}\n',
    })

    const { files, hidden } = publicTypes(folder, ['index.d.ts', 'testing.d.ts'])

    expect(hidden).toEqual(['testing.d.ts: Base, of shared.d.ts'])
    // A constant that only gives others their type needs no name.
    expect(files.get('testing.d.ts')).toContain('declare const CODES')
  })
})
