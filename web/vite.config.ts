// How the page is built and tested. Why these settings: the server allows neither inline script nor inline style, so
// nothing may be inlined, and every file under assets/ carries a hash of its content and is cached for a year.

import { defineConfig } from 'vitest/config';

/** Where `npm run dev` and `vite preview` find a running server. */
const SERVER = process.env.WATTLINE_SERVER ?? 'http://127.0.0.1:8080';
const proxy = {
  '/graphql': { target: SERVER, ws: true },
  '/api': { target: SERVER },
};

export default defineConfig({
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
  },
  server: { proxy },
  preview: { proxy },
  test: {
    include: ['test/**/*.test.ts'],
  },
});
