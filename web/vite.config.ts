// How the page is built and tested. Why these settings: the server allows neither inline script nor inline style, so
// nothing may be inlined, and every file under assets/ carries a hash of its content and is cached for a year.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type Plugin, runnerImport } from 'vite';
import { defineConfig } from 'vitest/config';

import { listed } from './documents';

/** Where `npm run dev` and `vite preview` find a running server. */
const SERVER = process.env.WATTLINE_SERVER ?? 'http://127.0.0.1:8080';
const proxy = {
  '/graphql': { target: SERVER, ws: true },
  '/api': { target: SERVER },
};

/** Packs every file that is worth it, once and as small as can be, so that the server need not. */
function packed(folder: string) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(html|js|css|svg|json|md|ttf)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    writeFileSync(`${path}.br`, brotliCompressSync(bytes));
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  }
}

/** Writes down what the page sends, for servers that execute only what they know. */
async function writeDocuments(folder: string) {
  const { module } = await runnerImport<object>('./src/gql/graphql.ts');
  writeFileSync(join(folder, 'documents.json'), `${JSON.stringify(listed(module), null, 2)}\n`);
}

/** Says that nothing is painted before the script has drawn it; what stands in the source is lost in the build. */
const paintedByScript: Plugin = {
  name: 'painted-by-script',
  transformIndexHtml: {
    order: 'post',
    handler: (html, { path }) =>
      path === '/index.html' ? html.replace('<script type="module"', '$& blocking="render"') : html,
  },
};

export default defineConfig({
  plugins: [
    paintedByScript,
    {
      name: 'packed',
      apply: 'build',
      closeBundle: async () => {
        await writeDocuments('dist');
        packed('dist');
      },
    },
  ],
  build: {
    rollupOptions: {
      input: ['index.html', 'graphiql.html'],
      // "use client" is for servers that render React; there is none.
      onLog: (level, log, handle) => log.code === 'MODULE_LEVEL_DIRECTIVE' || handle(level, log),
    },
    // The playground's editor is what it is, and comes only to who opens the playground.
    chunkSizeWarningLimit: 4096,
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
