import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

import { outline } from './scripts/outline.ts'
import { shell } from './scripts/shell.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const edge = process.env.WEMAPS_URL ?? `http://localhost:${process.env.WEMAPS_PORT ?? 8080}`

/** In development the page comes from Vite and everything else from a running edge. */
const proxy = {
  '/api': edge,
  '/health': edge,
  '/config.json': edge,
  '/socket.io': { target: edge, ws: true },
}

export default defineConfig({
  resolve: {
    // The SDK is built with the page, from its source: there is no order of builds to keep.
    alias: { '@wemaps/sdk': here('../../../libs/sdk-ts/src/index.ts') },
    dedupe: ['socket.io-client', 'preact'],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [outline(), shell()],
  build: {
    outDir: process.env.WEMAPS_PAGE_OUT ?? 'embed/dist',
    emptyOutDir: true,
    rolldownOptions: {
      input: { index: here('index.html'), sw: here('src/sw/worker.ts') },
      output: {
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        codeSplitting: { groups: [{ name: 'maplibre-gl', test: /node_modules\/(maplibre-gl|@maplibre|@mapbox)\// }] },
      },
    },
    target: ['chrome123', 'firefox125', 'safari17.5'],
    // A strict Content-Security-Policy allows neither inline scripts nor data: URLs, except for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: process.env.WEMAPS_PAGE_QUICK !== '1',
  },
  server: { proxy },
  preview: { proxy },
})
