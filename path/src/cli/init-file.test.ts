import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadProject } from '../project/load.ts';
import { firstProjectFile, nameFrom } from './init-file.ts';

test('what init writes, load understands', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ptp-init-'));
  try {
    await mkdir(join(folder, 'apps/the web'), { recursive: true });
    const text = firstProjectFile('shop', [
      {
        name: 'web',
        source: 'apps/the web',
        builder: 'node',
        why: 'package.json with\na start script',
        database: false,
        env: { API_URL: 'http://api:8080' },
      },
      {
        name: 'api',
        source: 'apps/the web',
        builder: 'node',
        why: 'it depends on pg: yes # really',
        database: true,
        migrate: ['node', 'src/migrate.ts'],
      },
    ]);
    await writeFile(join(folder, 'ptp.yaml'), text);
    const project = await loadProject(join(folder, 'ptp.yaml'), undefined, { env: {} });
    expect(project.components).toMatchObject([
      { name: 'web', route: '/', talksTo: ['api'], needs: [] },
      { name: 'api', needs: ['database'], migrate: ['node', 'src/migrate.ts'] },
    ]);
    expect(project.services).toEqual([{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }]);
    expect(text).toContain('# The only way in');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ['My Shop', 'my-shop'],
  ['2nd_shop.', 'nd-shop'],
  ['---', 'system'],
  ['x'.repeat(99), 'x'.repeat(40)],
])('%s becomes the name %s', (folder, name) => {
  expect(nameFrom(folder)).toBe(name);
});
