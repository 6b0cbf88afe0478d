import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const sources = join(import.meta.dirname, '..');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-fourth-cloud-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('a fourth cloud is a folder and a line', async () => {
  const copy = join(folder, 'path/src');
  await cp(sources, copy, { recursive: true });
  await cp(join(sources, '../package.json'), join(folder, 'path/package.json'));
  await symlink(join(sources, '../../node_modules'), join(folder, 'node_modules'));
  // The folder.
  const own = join(copy, 'clouds/nowhere');
  await mkdir(own);
  await writeFile(join(own, 'cloud.ts'), "export { nowhere } from '../testing/nowhere.ts';\n");
  await writeFile(
    join(own, 'kind.ts'),
    `export const nks = {
  title: 'Nowhere',
  account: 'The account.',
  size: 'small',
  region: 'far-1',
  load: async () => (await import('./cloud.ts')).nowhere,
};
`,
  );
  // The line.
  const kinds = join(copy, 'clouds/kinds.ts');
  const text = await readFile(kinds, 'utf8');
  await writeFile(
    kinds,
    text.replace('{ eks,', '{ nks, eks,').replace(/^/, "import { nks } from './nowhere/kind.ts';\n"),
  );
  await writeFile(
    join(folder, 'ptp.yaml'),
    'name: shop\ncomponents: { web: { source: web } }\ntargets:\n  far: { cluster: nks, region: far-1, domain: shop.example.com }\n',
  );
  await mkdir(join(folder, 'web'));
  await writeFile(join(folder, 'web/package.json'), '{"scripts":{"start":"node server.js"}}');
  const run = promisify(execFile);
  const { PATH = '', HOME = '' } = process.env;
  const bill = `
    import { loadProject } from './project/load.ts';
    import { billFor } from './cluster/managed/bill.ts';
    const project = await loadProject('${join(folder, 'ptp.yaml')}', 'far');
    const context = { emit() {}, signal: new AbortController().signal };
    console.log(JSON.stringify(await billFor(context, project)));
  `;
  await writeFile(join(copy, 'bill-of-it.ts'), bill);
  const { stdout } = await run(process.execPath, [join(copy, 'bill-of-it.ts')], { env: { PATH, HOME } });
  expect(JSON.parse(stdout)).toMatchObject({
    cloud: 'Nowhere',
    region: 'far-1',
    monthly: 17.5,
    resources: [{ name: 'shop-far-network', change: 'create', monthly: 2.5 }, {}, {}, {}, {}],
  });
  const refused = await run(process.execPath, [join(copy, 'main.ts'), 'up', '--yes', '--target', 'far'], {
    cwd: folder,
    env: { PATH, HOME, PTP_CACHE: join(folder, 'cache') },
  }).catch((error: { readonly code: number; readonly stderr: string }) => error);
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('there are no credentials for Nowhere on this machine');
});
