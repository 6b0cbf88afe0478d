import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { makeTar } from '../debian/test-mirror.ts';
import { baseReference, list, newContext, newFolder, pullBase, write } from '../step.fixture.ts';
import { buildImages } from '../step.ts';

let registry: Server | undefined;
afterEach(() => registry?.close());

/** A registry with one package, whose install script leaves a file behind where it is run. */
async function publish(scripts: Readonly<Record<string, string>>) {
  const archive = gzipSync(
    await makeTar({
      'package/package.json': JSON.stringify({ name: 'native', version: '1.0.0', scripts }),
      'package/index.js': 'module.exports = 1;\n',
    }),
  );
  const server = createServer((_request, response) => response.end(archive));
  registry = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    version: '1.0.0',
    resolved: `http://127.0.0.1:${port}/native/-/native-1.0.0.tgz`,
    integrity: `sha512-${createHash('sha512').update(archive).digest('base64')}`,
  };
}

async function build(locked: Readonly<Record<string, unknown>>) {
  const root = { name: 'app', version: '1.0.0', dependencies: { native: '1.0.0' } };
  const source = write(newFolder(), {
    'package.json': { ...root, main: 'main.js' },
    'package-lock.json': { lockfileVersion: 3, packages: { '': root, 'node_modules/native': locked } },
    'main.js': '',
  });
  const context = newContext();
  const spec = { name: 'app', builder: 'node', source, base: baseReference() } as const;
  const [image] = await buildImages(context, [spec], { projectFolder: source, pull: pullBase(context) });
  return { image, source, warnings: context.events.filter((event) => event.kind === 'warning') };
}

test('an install script is not run, and whoever relies on it is told where it comes from', async () => {
  const install = `node -e "require('fs').writeFileSync('ran', '')"`;
  const { image, source, warnings } = await build({
    ...(await publish({ install })),
    hasInstallScript: true,
  });
  expect(list(image?.layers[1]).filter((path) => !path.endsWith('/'))).toEqual([
    'app/node_modules/native/index.js',
    'app/node_modules/native/package.json',
  ]);
  expect(warnings).toEqual([
    {
      kind: 'warning',
      step: 'image',
      problem: {
        what: 'app: install scripts are not run for native@1.0.0',
        where: { file: join(source, 'package-lock.json') },
        next: expect.stringMatching(/prebuilt/),
      },
    },
  ]);
});

test('a package without one is taken without a word', async () => {
  const { image, warnings } = await build(await publish({}));
  expect(list(image?.layers[1])).toContain('app/node_modules/native/index.js');
  expect(warnings).toEqual([]);
});
