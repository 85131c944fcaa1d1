import { defineConfig, mergeConfig } from 'vitest/config'

import page from './vite.config.ts'

// Apart from vite.config.ts, since the page is built without vitest.
export default mergeConfig(page, defineConfig({ test: { include: ['src/**/*.test.{ts,tsx}'] } }))
