import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { Event } from '../../core/event.ts';
import { layoutOf } from './layout.ts';
import { mendRegistry } from './registry-data.ts';

let layout: ReturnType<typeof layoutOf>;
let events: Event[];
const mend = () => mendRegistry({ emit: (event) => events.push(event) }, layout);
const store = () => join(layout.registry, 'docker/registry/v2');

beforeEach(() => {
  layout = layoutOf('hello', mkdtempSync(join(tmpdir(), 'ptp-registry-data-')));
  mkdirSync(layout.root);
  events = [];
});

function put(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** As distribution lays blobs out. */
function blob(content: string): { readonly hex: string; readonly path: string; readonly size: number } {
  const hex = createHash('sha256').update(content).digest('hex');
  return {
    hex,
    path: put(join(store(), 'blobs/sha256', hex.slice(0, 2), hex, 'data'), content),
    size: content.length,
  };
}

/** An image with a tag, as distribution lays it out. */
function image(repository: string, layers: readonly ReturnType<typeof blob>[]) {
  const part = ({ hex, size }: ReturnType<typeof blob>) => ({ digest: `sha256:${hex}`, size });
  const config = blob(`{"of":"${repository}"}`);
  const manifest = blob(JSON.stringify({ config: part(config), layers: layers.map(part) }));
  const manifests = join(store(), 'repositories', repository, '_manifests');
  const revision = put(join(manifests, 'revisions/sha256', manifest.hex, 'link'), `sha256:${manifest.hex}`);
  const tag = put(join(manifests, 'tags/v1/current/link'), `sha256:${manifest.hex}`);
  return { config, manifest, isThere: () => existsSync(revision) && existsSync(tag) };
}

test('what is whole stays, and nothing is said', async () => {
  const one = image('hello/one', [blob('layer')]);
  await mend();
  await mend();
  expect(one.isThere()).toBe(true);
  expect(events).toEqual([]);
});

test.each([
  ['gone', (path: string) => rmSync(path)],
  ['cut off', (path: string) => truncateSync(path, 3)],
  ['altered', (path: string) => writeFileSync(path, 'lAyer')],
])('a layer that is %s takes the images with it that need it, and no others', async (_, damage) => {
  const layer = blob('layer');
  const [one, two, other] = [
    image('hello/one', [layer]),
    image('two', [layer]),
    image('hello/other', [blob('else')]),
  ];
  await mend();
  damage(layer.path);
  await mend();
  expect([one, two, other].map((each) => each.isThere())).toEqual([false, false, true]);
  expect(existsSync(one.config.path)).toBe(true);
  expect(events).toMatchObject([{ kind: 'warning', problem: { what: expect.stringContaining('2 images') } }]);
  // Distribution takes a blob for what it should be where there is one, so a damaged one must not be.
  expect(existsSync(layer.path)).toBe(false);
  await mend();
  expect(events.length).toBe(1);
});

test('a layer that was cut off before anybody looked is found by its size', async () => {
  const layer = blob('layer');
  const one = image('hello/one', [layer]);
  truncateSync(layer.path, 3);
  await mend();
  expect([one.isThere(), existsSync(layer.path)]).toEqual([false, false]);
});

test('a layer that was altered before anybody looked is found as well', async () => {
  const layer = blob('layer');
  const one = image('hello/one', [layer]);
  writeFileSync(layer.path, 'lAyer');
  await mend();
  expect([one.isThere(), existsSync(layer.path)]).toEqual([false, false]);
});

test('an image whose manifest is altered is forgotten', async () => {
  const one = image('hello/one', []);
  await mend();
  writeFileSync(one.manifest.path, '{}');
  await mend();
  expect(one.isThere()).toBe(false);
});

test('a registry that was never used, and one that was emptied, have nothing to mend', async () => {
  await mend();
  image('hello/one', []);
  await mend();
  rmSync(layout.registry, { recursive: true });
  await mend();
  expect(events).toEqual([]);
});
