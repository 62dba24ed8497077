// Which declarations of emitted .d.ts files the entry points reach, and what those files are without the others.
import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { parseSync } from 'oxc-parser'

/**
 * `folder`: where the .d.ts files are; `entries`: those of the entry points, relative to it, the main one first.
 * `files`: path -> text of each file that declares something that is reached, with that and nothing else. Files that
 * only pass on what others declare are left out.
 * `hidden`: declarations that an entry point mentions and that neither it nor the main one exports.
 */
export function publicTypes(folder, entries) {
  const modules = new Modules()
  const paths = entries.map((entry) => resolve(folder, entry))
  const mainExports = [...modules.exportsOf(paths[0]).values()].map(idOf)
  const kept = new Map()
  const hidden = []
  for (const entry of paths) {
    const exported = [...modules.exportsOf(entry).values()]
    const known = new Set([...exported.map(idOf), ...mainExports])
    for (const place of modules.reach(exported)) {
      kept.set(place.path, (kept.get(place.path) ?? new Set()).add(place.name))
      if (known.has(idOf(place)) || !modules.isType(place)) continue
      hidden.push(`${relative(folder, entry)}: ${place.name}, of ${relative(folder, place.path)}`)
    }
  }
  for (const entry of paths) if (!kept.has(entry)) kept.set(entry, new Set())
  const files = [...kept].map(([path, names]) => [
    relative(folder, path),
    modules.pruned(path, names, paths.includes(path)),
  ])
  return { files: new Map(files), hidden }
}

const idOf = ({ path, name }) => `${path}#${name}`
const nameOf = (node) => node.name ?? node.value

class Modules {
  #modules = new Map()

  #at(path) {
    if (!this.#modules.has(path)) this.#modules.set(path, readModule(path))
    return this.#modules.get(path)
  }

  /** What a file exports: name -> where that is declared, and whether it is exported as a type alone. */
  exportsOf(path) {
    const { exports, stars } = this.#at(path)
    const found = new Map()
    for (const { source, isType } of stars) {
      for (const [as, place] of this.exportsOf(source)) found.set(as, { ...place, isType: isType || place.isType })
    }
    for (const [as, { name, source, isType }] of exports) {
      const place = source === undefined ? this.#declaring(path, name) : this.exportsOf(source).get(name)
      if (place === undefined) throw new Error(`${path}: exports ${as}, which is not declared`)
      found.set(as, { ...place, isType: isType || place.isType })
    }
    return found
  }

  /** Where a name that is used in a file is declared; undefined for what is global or another package's. */
  #declaring(path, name) {
    const { declared, imports } = this.#at(path)
    if (declared.has(name)) return { path, name, isType: false }
    const imported = imports.get(name)
    return imported?.path === undefined ? undefined : this.exportsOf(imported.path).get(imported.name)
  }

  /** Everything that these declarations mention, and what that mentions, themselves included. */
  reach(from) {
    const found = new Map()
    const open = [...from]
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if (found.has(idOf(place))) continue
      found.set(idOf(place), place)
      for (const { node } of this.#at(place.path).declared.get(place.name)) {
        for (const name of mentioned(node)) {
          const next = this.#declaring(place.path, name)
          if (next !== undefined) open.push(next)
        }
      }
    }
    return [...found.values()]
  }

  /** False for a constant, which is only there to give others their type (`typeof CODES`). */
  isType({ path, name }) {
    const statements = this.#at(path).declared.get(name)
    return statements.some(({ node }) => (node.declaration ?? node).type !== 'VariableDeclaration')
  }

  /** A file's text with these declarations, the imports that they need and, of an entry point, its exports. */
  pruned(path, names, isEntry) {
    const { statements } = this.#at(path)
    const own = statements.filter(({ names: declared }) => declared.some((name) => names.has(name)))
    const used = new Set(own.flatMap(({ node }) => [...mentioned(node)]))
    const lines = [...this.#imports(path, used), ...own.map(({ text }) => text.trim())]
    if (isEntry) lines.push(...this.#passedOn(path))
    // Without an import or export of its own, a file would declare its names for all others.
    if (!lines.some((line) => line.startsWith('export {'))) lines.push('export {};')
    return `${lines.join('\n')}\n`
  }

  #imports(path, used) {
    const from = new Map()
    for (const [local, { path: file, source, name }] of this.#at(path).imports) {
      if (!used.has(local)) continue
      const place = file === undefined ? { source, name } : this.exportsOf(file).get(name)
      const specifier = place.source ?? relativeTo(path, place.path)
      if (place.name === '*') from.set(`* as ${local}`, specifier)
      else from.set(place.name === local ? local : `${place.name} as ${local}`, specifier)
    }
    return grouped(from).map(([specifier, list]) => {
      const names = list[0].startsWith('*') ? list[0] : `{ ${list.join(', ')} }`
      return `import type ${names} from '${specifier}';`
    })
  }

  #passedOn(path) {
    const from = new Map()
    for (const [as, place] of this.exportsOf(path)) {
      if (place.path === path) continue
      const name = place.name === as ? as : `${place.name} as ${as}`
      from.set(place.isType ? `type ${name}` : name, relativeTo(path, place.path))
    }
    return grouped(from).map(([specifier, list]) => `export { ${list.join(', ')} } from '${specifier}';`)
  }
}

/** Names by what they come from. */
function grouped(from) {
  const groups = new Map()
  for (const [name, specifier] of from) groups.set(specifier, [...(groups.get(specifier) ?? []), name])
  return [...groups]
}

function relativeTo(from, path) {
  const way = relative(dirname(from), path)
    .replaceAll('\\', '/')
    .replace(/\.d\.ts$/, '.js')
  return way.startsWith('.') ? way : `./${way}`
}

/** A file's statements, with the names that each declares, and where what it imports and exports comes from. */
function readModule(path) {
  const text = readFileSync(path, 'utf8')
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`)
  const module = { statements: [], declared: new Map(), imports: new Map(), exports: new Map(), stars: [] }
  let from = 0
  for (const node of program.body) {
    // What precedes a declaration is its comment.
    const statement = { node, text: text.slice(from, node.end), names: namesOf(node) }
    from = node.end
    module.statements.push(statement)
    for (const name of statement.names) {
      module.declared.set(name, [...(module.declared.get(name) ?? []), statement])
      if (node.type === 'ExportNamedDeclaration') module.exports.set(name, { name, isType: false })
    }
    link(module, path, node)
  }
  return module
}

/** The names that a statement declares. */
function namesOf(node) {
  const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node
  if (declaration?.type === 'VariableDeclaration') return declaration.declarations.map(({ id }) => id.name)
  return declaration?.id ? [declaration.id.name] : []
}

function link(module, path, node) {
  const isType = (node.exportKind ?? 'value') === 'type'
  const source = node.source ? fileOf(path, node.source.value) : undefined
  if (node.type === 'ImportDeclaration') {
    for (const specifier of node.specifiers) {
      const name = specifier.type === 'ImportSpecifier' ? nameOf(specifier.imported) : '*'
      module.imports.set(specifier.local.name, { path: source, source: node.source.value, name })
    }
  } else if (node.type === 'ExportAllDeclaration') {
    module.stars.push({ source, isType })
  } else if (node.type === 'ExportNamedDeclaration' && !node.declaration) {
    for (const specifier of node.specifiers) {
      const isTypeAlone = isType || specifier.exportKind === 'type'
      module.exports.set(nameOf(specifier.exported), { name: nameOf(specifier.local), source, isType: isTypeAlone })
    }
  }
}

/** The file that a relative import means; undefined for packages and Node's own modules. */
function fileOf(path, source) {
  return source.startsWith('.') ? resolve(dirname(path), source).replace(/\.[jt]s$/, '.d.ts') : undefined
}

/** The names of types, and of values in `typeof`, that a declaration mentions. */
function mentioned(node) {
  const names = new Set()
  const first = (name) => {
    let node = name
    while (node.type !== 'Identifier' && node.type !== 'ThisExpression')
      node = node.left ?? node.object ?? node.expression
    if (node.name !== undefined) names.add(node.name)
  }
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return
    if (Array.isArray(node)) return node.forEach(visit)
    if (node.type === 'TSTypeReference') first(node.typeName)
    else if (node.type === 'TSTypeQuery' && node.exprName.type !== 'TSImportType') first(node.exprName)
    else if (node.type === 'TSInterfaceHeritage' || node.type === 'TSClassImplements') first(node.expression)
    if (node.superClass) first(node.superClass)
    if (node.computed === true && node.key) first(node.key)
    for (const value of Object.values(node)) visit(value)
  }
  visit(node)
  return names
}
