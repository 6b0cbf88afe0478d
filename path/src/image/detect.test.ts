import { expect, test } from 'vitest';
import { detect, detectBuilder } from './detect.ts';
import { newFolder, write } from './step.fixture.ts';

const scripts = (scripts: Readonly<Record<string, string>>) => ({ 'package.json': { name: 'a', scripts } });

test('a folder is recognised by its package.json and page', async () => {
  const page = { ...scripts({ build: 'vite build', start: 'node dev.js' }), 'index.html': '' };
  expect(await detect(write(newFolder(), page))).toEqual({
    builder: 'static',
    reason: 'index.html, built by "vite build"',
  });
  expect(await detectBuilder(write(newFolder(), scripts({ start: 'node main.js' })))).toBe('node');
  expect(await detectBuilder(write(newFolder(), scripts({ build: 'tsc', start: 'node dist/a.js' })))).toBe(
    'node',
  );
  expect(await detectBuilder(write(newFolder(), scripts({ start: 'next start' })))).toBeUndefined();
  expect(await detectBuilder(newFolder())).toBeUndefined();
});
