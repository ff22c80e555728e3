import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const server = process.env.SAMENSPRAAK_URL ?? 'http://localhost:5080'
const toServer = Object.fromEntries(['/fhir', '/demo', '/me', '/hub'].map(path => [path, { target: server, ws: path === '/hub' }]))

export default defineConfig({
  plugins: [react()],
  server: { proxy: toServer },
  // No module-preload polyfill: it would be an inline script, which our Content-Security-Policy forbids.
  build: { modulePreload: { polyfill: false }, assetsInlineLimit: 0, chunkSizeWarningLimit: 900 },
  test: { include: ['src/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
})
