import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: {
    // Every asset is a file: the page's Content-Security-Policy needs no exception for inlined ones.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
