import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { bundledPackages, licensesText } from '../../../scripts/third-party-licenses.mjs'
import { makeWorkspace, type Workspace } from '../../support/workspace.ts'

const packageFiles = (folder: string, source: string): Record<string, string> => {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return {
    [`${folder}/package.json`]: JSON.stringify({ name, version: '1.2.3', license: 'MIT', main: 'index.js' }),
    [`${folder}/index.js`]: source,
  }
}

async function bundle({ root }: Workspace): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['main.js'],
    bundle: true,
    format: 'esm',
    metafile: true,
    write: false,
  })
  return bundledPackages([metafile])
}

describe('THIRD_PARTY_LICENSES', () => {
  it('covers scoped, nested and indirect packages, and none that was dropped as unused', async () => {
    const workspace = makeWorkspace({
      files: {
        'main.js': `import '@scope/direct'; import { unused } from 'dropped'`,
        ...packageFiles('node_modules/@scope/direct', `import 'inner'; console.log('direct')`),
        ...packageFiles('node_modules/@scope/direct/node_modules/inner', `console.log('inner')`),
        ...packageFiles('node_modules/dropped', `export const unused = /* @__PURE__ */ String()`),
      },
    })
    expect(await bundle(workspace)).toEqual([
      'node_modules/@scope/direct',
      'node_modules/@scope/direct/node_modules/inner',
    ])
  })

  it('names each package with its version, and holds the licence and the notice as they are written', () => {
    const { root } = makeWorkspace({
      files: {
        ...packageFiles('node_modules/one', ''),
        'node_modules/one/LICENCE.md': 'Permission is granted.\n',
        'node_modules/one/NOTICE': 'Made by Ann.\n',
      },
    })
    const text = licensesText(root, ['node_modules/one'])
    expect(text).toContain('one 1.2.3 (MIT)\n\nPermission is granted.\n\nMade by Ann.\n')
  })

  it('refuses a package without a licence file', () => {
    const { root } = makeWorkspace({ files: packageFiles('node_modules/bare', '') })
    expect(() => licensesText(root, ['node_modules/bare'])).toThrow('node_modules/bare: has no licence file')
  })
})
