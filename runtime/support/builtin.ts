/** Node's modules that are loaded when first used: each costs a start some milliseconds (`npm run bench -- startup`). */
interface LateModules {
  'node:child_process': typeof import('node:child_process')
  'node:crypto': typeof import('node:crypto')
  'node:tty': typeof import('node:tty')
  'node:worker_threads': typeof import('node:worker_threads')
}

export function builtin<Name extends keyof LateModules>(name: Name): LateModules[Name] {
  return process.getBuiltinModule(name)
}
