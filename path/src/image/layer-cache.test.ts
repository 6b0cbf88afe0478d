import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { canonicalJson } from '../oci/json.ts';
import { Store } from '../oci/store.ts';
import { furnishingEntries, nonroot } from './accounts.ts';
import { type Layer, type LayerEntry, writeLayer } from './layer.ts';
import { edition, LayerCache } from './layer-cache.ts';
import { newContext, newFolder } from './step.fixture.ts';

const text = (path: string, content: string): LayerEntry => {
  const bytes = Buffer.from(content);
  return { path, mode: 0o644, uid: 0, gid: 0, kind: 'file', size: bytes.length, content: () => bytes };
};

function world(cache = newFolder()) {
  const context = newContext(cache);
  const store = new Store(context);
  const layers = new LayerCache({ ...context, store, compression: 'zstd' });
  const made: string[] = [];
  const layer = (content: string, inputs: unknown = content): Promise<Layer> =>
    layers.layer(inputs, (write) => {
      made.push(content);
      return write([text('a', content)]);
    });
  return { cache, context, made, layer };
}

test('a layer is made once for equal inputs, by this process and the next', async () => {
  const { cache, made, layer } = world();
  const [one, same] = await Promise.all([layer('one'), layer('one')]);
  await layer('two');
  expect(same).toEqual(one);
  expect(made).toEqual(['one', 'two']);
  const next = world(cache);
  expect(await next.layer('one')).toEqual(one);
  expect(next.made).toEqual([]);
});

test('a record that was altered, cut off or put in the place of another is told of and made again', async () => {
  const { cache, layer } = world();
  const one = await layer('one');
  const [name = ''] = readdirSync(join(cache, 'layers'));
  const record = join(cache, 'layers', name);
  await layer('two');
  const [another = ''] = readdirSync(join(cache, 'layers')).filter((each) => each !== name);
  const poisons = ['', '{}', JSON.stringify({ descriptor: one.blob.descriptor, diffId: digestOf('else') })];
  for (const poison of [...poisons, readFileSync(join(cache, 'layers', another))]) {
    writeFileSync(record, poison);
    const next = world(cache);
    expect(await next.layer('one')).toEqual(one);
    expect(next.made).toEqual(['one']);
    expect(next.context.events).toMatchObject([{ kind: 'warning', problem: { where: { file: record } } }]);
  }
});

/*
 * Layers are found by what they are made of, and not by the program that made them. When this test fails because the
 * same entries shall be other bytes from now on, raise `edition` and put the new digest here; otherwise old caches give
 * other images than new ones.
 */
test('an edition has its bytes', async () => {
  const { diffId } = await writeLayer(
    new Store(newContext()),
    [...furnishingEntries({ user: nonroot }), { ...text('zz/ä', 'text'), mode: 0o755 }],
    { compression: 'none' },
  );
  const documents = digestOf(canonicalJson({ b: [1, null, 'ä'], a: { d: true, c: undefined } }));
  expect({ edition, diffId, documents }).toMatchInlineSnapshot(`
    {
      "diffId": "sha256:d1ac29707f1930d9213dd5f5432d6dccaeb11c876b566d39dd5aa6f49b30b3d4",
      "documents": "sha256:a48c913db416a6356f3312ccea3b7b33016edfe5e84efe15dd8f78550966f46d",
      "edition": 2,
    }
  `);
});
