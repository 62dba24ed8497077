// The licences of the packages that the build bundles: their authors ask for the text to travel with the code, and
// esbuild drops their comments.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of a package within node_modules, scope and nesting included. */
const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/
const LICENSE_FILE = /^(licen[cs]e|copying)/i

/** The folders, relative to `root`, of the packages that esbuild's metafiles say are part of some output, in order. */
export function bundledPackages(metafiles) {
  const files = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
    ),
  )
  return [...new Set(files.flatMap((file) => PACKAGE_FOLDER.exec(file)?.[0] ?? []))].sort()
}

/** The text of THIRD_PARTY_LICENSES: one part for each package. Throws for a package that has no licence file. */
export function licensesText(root, folders) {
  const parts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const file = readdirSync(join(root, folder)).find((entry) => LICENSE_FILE.test(entry))
    if (file === undefined) throw new Error(`${folder}: has no licence file, and so can't be bundled`)
    const notice = ['NOTICE', 'NOTICE.md', 'NOTICE.txt'].find((entry) => existsSync(join(root, folder, entry)))
    const texts = [file, ...(notice === undefined ? [] : [notice])].map((entry) =>
      readFileSync(join(root, folder, entry), 'utf8').trim(),
    )
    return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
  })
  const line = `\n${'-'.repeat(80)}\n\n`
  return `webstir-jobs includes the following packages, in whole or in part, under these licences.\n${line}${parts.join(line)}`
}
