import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

/**
 * Tells the service worker what the shell of the page consists of: what index.html needs, its screens, and the icons. The map
 * is kept when it comes.
 */
export function shell(): Plugin {
  return {
    name: 'wemaps-shell',
    apply: 'build',
    generateBundle(_, bundle) {
      const files = new Set<string>()
      const take = (name: string) => {
        const chunk = bundle[name]
        if (chunk?.type !== 'chunk' || files.has(name)) return
        files.add(name)
        for (const next of chunk.imports) take(next)
        for (const next of chunk.dynamicImports) if (bundle[next]?.name !== 'engine') take(next)
        for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(css)
      }
      for (const file of Object.values(bundle)) {
        if (file.type === 'chunk' && file.name === 'index' && file.isEntry) take(file.fileName)
        if (file.type === 'asset' && /figtree-latin-wght/.test(file.fileName)) files.add(file.fileName)
      }
      const worker = bundle['sw.js']
      if (worker?.type !== 'chunk') throw new Error('there is no sw.js')
      if (worker.imports.length > 0) throw new Error('the service worker must be one file')
      const list = [...files].sort().map((f) => `/${f}`)
      const version = createHash('sha256').update(list.join()).digest('hex').slice(0, 12)
      const before = worker.code
      worker.code = before.replace('__SHELL__', JSON.stringify({ version, files: ['/', '/icons/icon.svg', ...list] }))
      if (worker.code === before) throw new Error('the service worker does not ask for its shell')
    },
  }
}
