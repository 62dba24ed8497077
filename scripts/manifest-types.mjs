// The public types of a manifest's job, in TypeScript, from the JSON schemas that docs-manifest.mjs makes.

/** The text of runtime/manifest/manifest-job.ts. */
export function manifestTypes({ job, entry, retry }) {
  return `/* Made by scripts/docs-manifest.mjs from ./parse/schema.ts. Change it there. */
import type { JsonValue } from '../support/json.ts'

${declaration('ManifestJob', job)}
${declaration('ManifestSchedule', entry)}
${declaration('ManifestRetry', retry)}`
}

/** A doc comment, in lines of at most 120 characters. */
function comment(text, indent) {
  const single = `${indent}/** ${text} */`
  if (single.length <= 120) return single
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (`${indent} * ${last} ${word}`.length <= 120) lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
    else lines.push(word)
  }
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`].join('\n')
}

/** Interfaces of the objects that a job's keys may hold, by what zod says of them. */
const INTERFACES = new Map([
  ['A schedule with a time zone or arguments of its own.', 'ManifestSchedule'],
  ['How often, and how far apart, a failing execution is tried again.', 'ManifestRetry'],
])

/** A property's type, in TypeScript. */
function typeOf(property) {
  if (property.anyOf) return property.anyOf.map(typeOf).join(' | ')
  if (property.enum) return property.enum.map((word) => `'${word}'`).join(' | ')
  if (property.type === 'object') return INTERFACES.get(property.description)
  if (property.type === 'array') {
    const item = Object.keys(property.items ?? {}).length === 0 ? 'JsonValue' : typeOf(property.items)
    return `readonly ${item.includes(' ') ? `(${item})` : item}[]`
  }
  return { integer: 'number', number: 'number', string: 'string', boolean: 'boolean' }[property.type]
}

function members({ properties, required = [] }) {
  return Object.entries(properties).map(([name, property]) => {
    const duration = property.pattern ? ' A duration such as `30s`.' : ''
    const standard = property.default === undefined ? '' : ` Default: \`${JSON.stringify(property.default)}\`.`
    const about = comment(`${property.description ?? ''}${duration}${standard}`, '  ')
    return `${about}\n  readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(property)}`
  })
}

function declaration(name, schema) {
  return `${comment(schema.description, '')}\nexport interface ${name} {\n${members(schema).join('\n')}\n}\n`
}
