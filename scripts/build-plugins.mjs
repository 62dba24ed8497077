// What the package's build changes about the packages that it bundles, so that a start loads less.
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'

/**
 * Node's own modules are taken by `require`. An `import` of one has Node make a facade of all that it exports, which
 * touches getters that load much more: `node:fs` alone brings in every kind of stream, a twentieth of a start
 * (`npm run bench -- startup`, docs/adr/0005-require-for-builtins.md).
 */
export const requiredBuiltins = {
  name: 'required-builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z:/_]+$/ }, ({ path, kind }) => {
      if (!isBuiltin(path) || path in (build.initialOptions.alias ?? {})) return
      return kind === 'import-statement' ? { path, namespace: 'builtin' } : { path, external: true }
    })
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      // Marked as pure, so that what is not imported is dropped and never touched.
      const parts = Object.keys(process.getBuiltinModule(path)).filter(
        (key) => /^[a-zA-Z]\w*$/.test(key) && key !== 'default',
      )
      const lines = parts.map((key) => `const ${key}_ = /* @__PURE__ */ part('${key}'); export { ${key}_ as ${key} }`)
      return {
        contents: `const builtin = require('${path}'); export default builtin
          const part = (name) => builtin[name]
          ${lines.join('\n')}`,
      }
    })
  },
}

/** Parsing a command line takes yargs's parser alone; what stands beside it in yargs/helpers may then be dropped. */
export const yargsParts = {
  name: 'yargs-parts',
  setup(build) {
    build.onResolve(
      { filter: /platform-shims\/esm|apply-extends|process-argv/ },
      async ({ path, pluginData, ...from }) => {
        if (pluginData === 'seen') return
        return { ...(await build.resolve(path, { ...from, pluginData: 'seen' })), sideEffects: false }
      },
    )
  },
}

/** picocolors looks at `process.stdout` as soon as it is loaded, for an answer that we never ask: we say if we want colours. */
export const colorsByRequest = {
  name: 'colors-by-request',
  setup(build) {
    build.onLoad({ filter: /[\\/]picocolors\.js$/ }, ({ path }) => {
      const [before, after, ...more] = readFileSync(path, 'utf8').split('(p.stdout || {}).isTTY')
      if (after === undefined || more.length > 0)
        return { errors: [{ text: 'picocolors has changed: look at it again' }] }
      return { contents: `${before}false${after}` }
    })
  },
}
