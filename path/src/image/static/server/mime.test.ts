import { expect, test } from 'vitest';
import { mediaType } from './mime.ts';

test.each([
  ['/index.html', 'text/html; charset=utf-8'],
  ['/a.b/main.js', 'text/javascript; charset=utf-8'],
  ['/STYLE.CSS', 'text/css; charset=utf-8'],
  ['/icon.svg', 'image/svg+xml'],
  ['/font.woff2', 'font/woff2'],
  ['/app.webmanifest', 'application/manifest+json'],
  ['/x.wasm', 'application/wasm'],
  ['/a.js.map', 'application/json'],
  ['/robots.txt', 'text/plain; charset=utf-8'],
  ['/LICENSE', 'application/octet-stream'],
  ['/folder.js/LICENSE', 'application/octet-stream'],
  ['/what.ever', 'application/octet-stream'],
])('%s is %s', (path, type) => {
  expect(mediaType(path)).toBe(type);
});
