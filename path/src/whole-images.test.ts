import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BuiltImage, StoredBlob } from './core/handover.ts';
import { baseReference, newContext, newFolder, pullBase, write } from './image/step.fixture.ts';
import { buildImages } from './image/step.ts';
import { fileIdentity } from './oci/file-identity.ts';
import { writeLayoutFolder } from './oci/layout.ts';
import { withWholeImages } from './whole-images.ts';

function world() {
  const context = newContext();
  const source = write(newFolder(), {
    'package.json': { name: 'app', version: '1.0.0', main: 'main.js' },
    'main.js': 'console.log(1)',
  });
  const calls = { made: 0 };
  const make = () => {
    calls.made += 1;
    const spec = { builder: 'node', name: 'app', source, base: baseReference() } as const;
    return buildImages(context, [spec], { projectFolder: source, pull: pullBase(context) });
  };
  return { context, make, calls };
}

const partsOf = (image: BuiltImage | undefined): readonly StoredBlob[] =>
  image === undefined ? [] : [image.manifest, image.config, ...image.layers];

/** Bytes change and the file's size, times and inode do not: as a disk loses them. */
async function rot(cache: string, { path, descriptor }: StoredBlob): Promise<void> {
  writeFileSync(path, Buffer.alloc(descriptor.size, 'x'));
  writeFileSync(join(cache, 'stat/blobs', descriptor.digest.slice(7)), (await fileIdentity(path)) ?? '');
}

test('every part that a disk loses after it was built is told of and made again before it leaves', async () => {
  const { context, make, calls } = world();
  const [first] = await make();
  expect(partsOf(first)).toHaveLength(4);
  for (const lose of [rot, async (_: string, { path }: StoredBlob) => rmSync(path)]) {
    for (const part of partsOf(first)) {
      context.events.length = 0;
      calls.made = 0;
      const folder = newFolder();
      let lost = false;
      await withWholeImages(context, make, async (images) => {
        if (!lost) await lose(context.cache, part);
        lost = true;
        expect(images).toEqual([first]);
        await writeLayoutFolder(images, folder);
      });
      expect(calls.made).toBe(2);
      const warnings = context.events.filter(({ kind }) => kind === 'warning');
      expect(warnings).toMatchObject(lose === rot ? [{ problem: { where: { file: part.path } } }] : []);
      for (const { path, descriptor } of partsOf(first)) {
        const written = join(folder, 'blobs/sha256', descriptor.digest.slice(7));
        expect(readFileSync(written)).toEqual(readFileSync(path));
      }
    }
  }
});

test('what fails for another reason is not tried again', async () => {
  const { context, make, calls } = world();
  const failing = withWholeImages(context, make, () => Promise.reject(new Error('no network')));
  await expect(failing).rejects.toThrow('no network');
  expect(calls.made).toBe(1);
});

test('a disk that keeps nothing ends it', async () => {
  const { context, make, calls } = world();
  const folder = join(newFolder(), 'out');
  const failing = withWholeImages(context, make, async (images) => {
    for (const { path } of partsOf(images[0])) rmSync(path);
    await writeLayoutFolder(images, folder);
  });
  await expect(failing).rejects.toMatchObject({
    name: 'StepFailed',
    message: expect.stringMatching(/is missing/),
  });
  expect(calls.made).toBe(2);
  expect(existsSync(join(folder, 'index.json'))).toBe(false);
});
