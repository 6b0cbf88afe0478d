import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { serverFiles } from './contents.ts';

test('the image gets what serve.ts imports, all of it and no more, and nothing needs a package', async () => {
  const reached = new Set<string>();
  async function follow(file: string): Promise<void> {
    if (reached.has(file)) return;
    reached.add(file);
    const source = await readFile(new URL(file, import.meta.url), 'utf8');
    for (const [, name = ''] of source.matchAll(/(?:from|import)\s+'([^']+)'/g)) {
      if (name.startsWith('./')) await follow(name.slice(2));
      else expect(name, file).toMatch(/^node:/);
    }
  }
  await follow('serve.ts');
  expect([...reached, 'package.json'].sort()).toEqual([...serverFiles]);
});
