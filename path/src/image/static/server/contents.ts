/**
 * The files of this folder that an image needs beside a built page, for `node /server/serve.ts`. They import
 * `node:` modules and each other, nothing else. package.json says that they are ES modules.
 */
export const serverFiles: readonly string[] = [
  'answer.ts',
  'conditions.ts',
  'log.ts',
  'management.ts',
  'metrics.ts',
  'mime.ts',
  'negotiate.ts',
  'package.json',
  'path.ts',
  'serve.ts',
  'server.ts',
  'settings.ts',
  'site.ts',
];
