/** Where the page and the program that serves it are in the image. */
export const siteFolder = 'site';
export const serverFolder = 'server';

/** Names that builds give to the folder they write, in the order in which they are looked for. */
export const outputFolders = ['dist', 'build'] as const;

/** Whether a file of image/static/server runs in the image: all but the tests and what compresses beforehand. */
export function servesPages(path: string): boolean {
  return (
    path === 'package.json' ||
    (path.endsWith('.ts') && !path.endsWith('.test.ts') && path !== 'precompress.ts')
  );
}
