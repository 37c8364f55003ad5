/** How the page is bundled. Nothing is inlined and nothing comes from elsewhere, so that the strictest CSP holds. */
import react from '@vitejs/plugin-react';
import type { InlineConfig } from 'vite';

const config: InlineConfig = {
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
  },
  // For `npx vite apps/dashboard` while the page is worked on; the server of `npm start` answers the API.
  server: { proxy: { '/api': 'http://localhost:8430' } },
};

export default config;
