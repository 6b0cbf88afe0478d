import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: {
    // Every asset is a file: the page's Content-Security-Policy needs no exception for inlined ones.
    assetsInlineLimit: 0,
    // Browsers that know modules know their preloading.
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      // As the gateway does: `/api` and what is below it, the prefix removed.
      '^/api(?=[/?]|$)': {
        target: 'http://localhost:8081',
        rewrite: (path) => path.replace(/^\/api\/?/, '/'),
      },
    },
  },
});
