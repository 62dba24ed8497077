/** How much of a named value may be shown: nothing, its numbers, or all of it. */
export type Secrecy = 'hidden' | 'numbers' | 'shown'

/** Parts of names whose values are secret, in any case and however the words are joined. */
const CERTAIN =
  'pass(?:word|wd|phrase|code)|pwd|secret(?!ar)|token(?!i[sz])|authori[sz]ation|credential|' +
  '(?:api|access|private|signing|encryption|account|shared|master)[-_ ]?key|conn(?:ection)?[-_ ]?str(?:ing)?|jwt'

/** Parts of many words, which are secret only as whole words. */
const UNCERTAIN = 'pass|cookie'

/** Finds the parts in a text; `secrecyOf` judges what they belong to. */
export const SECRET_PARTS = `${CERTAIN}|${UNCERTAIN}`

const isCertain = new RegExp(CERTAIN, 'i')
const isCookie = /^(?:set)?cookies?$/

/** A name that ends in one of these words says something about a secret: `tokenType`, `passwordPolicy`, `token_count`. */
const ABOUT = new Set(
  (
    'count total length size limit type name names url uri endpoint path file policy strength expiry expires expired ' +
    'expiration at in ttl age algorithm field header label valid required enabled status error'
  ).split(' '),
)

/** There are few names, and they recur: each is judged once. */
const judged = new Map<string, Secrecy>()
const MOST = 2000

/** Judges a name by its words: `dbPassword`, `access_token` and `Authorization` are hidden, `maxTokens` shows numbers. */
export function secrecyOf(name: string): Secrecy {
  const known = judged.get(name)
  if (known !== undefined) return known
  const found = judge(name)
  if (judged.size < MOST && name.length <= 100) judged.set(name, found)
  return found
}

function judge(name: string): Secrecy {
  // The shell's current folder; in lower case it is a password.
  if (name === 'PWD' || name === 'OLDPWD') return 'shown'
  const words = name
    .split(/[-_\s.]+|(?<=[a-z0-9])(?=[A-Z])/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase())
  const last = words.at(-1) ?? ''
  if (ABOUT.has(last)) return 'shown'
  if (!isCertain.test(name)) {
    // Tests count what passes.
    if (last === 'pass') return 'numbers'
    return isCookie.test(words.join('')) ? 'hidden' : 'shown'
  }
  // A number of tokens is not a secret.
  return words.includes('tokens') ? 'numbers' : 'hidden'
}
