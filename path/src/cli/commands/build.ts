import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import type { RegistryAccess } from '../../core/handover.ts';
import { readRegistryPlace } from '../../core/registry-place.ts';
import type { Made } from '../actions.ts';
import type { Command } from '../command.ts';
import { bytes, duration, type Look, styled, table } from '../render/look.ts';

/** `ptp build`. */
export const build: Command = {
  name: 'build',
  summary: 'build images, publish them anywhere; no cluster is needed',
  usage: 'build [component…]',
  description:
    'Builds the images that `ptp up` would deploy: all, or those of the components named. What has not changed is ' +
    'not built again, and what a registry has is not sent again. Credentials are those of the Docker configuration.',
  options: {
    push: {
      type: 'string',
      value: 'registry/folder',
      description: 'publish: each as registry/folder/component',
    },
    tag: {
      type: 'string',
      value: 'tags',
      description: 'with --push: names beside the digest, with commas between (default: the commit)',
    },
    sign: {
      type: 'boolean',
      description:
        'with --push: sign them, with their provenance and the lists of their parts, as `ptp up` does',
    },
    gzip: { type: 'boolean', description: 'pack layers with gzip, for what reads no zstd' },
    output: { type: 'string', short: 'o', value: 'folder', description: 'write an OCI image layout there' },
  },
  words: Number.POSITIVE_INFINITY,
  async run({ load, actions, session, output, flags, values, words, cwd, monotonic }) {
    const began = monotonic();
    const push = registryOf(values.get('push'));
    const tags = tagsOf(values.get('tag'), push);
    if (flags.has('sign') && push === undefined)
      throw new UserMistake({
        what: '`--sign` signs images in a registry, and none is named',
        next: 'Add --push ‹registry/folder›, or leave --sign out.',
      });
    const to = values.get('output');
    const folder = to === undefined ? undefined : resolve(cwd, to);
    if (folder !== undefined) await checkFolder(folder, to ?? '');
    const project = await load();
    const images = await actions.build(
      project,
      {
        components: [...new Set(words)],
        compression: flags.has('gzip') ? 'gzip' : 'zstd',
        tags,
        ...(push === undefined ? {} : { push, sign: flags.has('sign') }),
        ...(folder === undefined ? {} : { output: folder }),
      },
      session,
    );
    const total = (monotonic() - began) / 1000;
    const value = { kind: 'build', images, ...(folder === undefined ? {} : { output: folder }), total };
    output.result(value, buildText(images, total, output.look));
    return 0;
  },
};

function registryOf(written: string | undefined): RegistryAccess | undefined {
  if (written === undefined) return undefined;
  const place = readRegistryPlace(written);
  if (place !== undefined) return place;
  throw new UserMistake({
    // What was written may hold a password.
    what: '`--push` names no registry',
    next: 'Write its host and a folder, without a password: --push registry.example.com/team',
  });
}

function tagsOf(written: string | undefined, push: RegistryAccess | undefined): readonly string[] {
  if (written === undefined) return [];
  if (push === undefined) {
    throw new UserMistake({
      what: '`--tag` is for images that are published',
      next: 'Add --push ‹registry/folder›, or leave --tag out.',
    });
  }
  return written.split(',').map((tag) => tag.trim());
}

/** A folder that is there has to be empty or a layout: nothing else is mixed with images. */
async function checkFolder(folder: string, shown: string): Promise<void> {
  const next = 'Name an empty folder, or a new one, with --output.';
  try {
    const names = await readdir(folder);
    if (names.length === 0 || names.includes('oci-layout')) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'ENOTDIR' && code !== 'EACCES') throw error;
    throw new UserMistake({ what: `${shown} is no folder that can be read (${code})`, next });
  }
  throw new UserMistake({ what: `${shown} holds something else than an OCI image layout`, next });
}

function buildText(images: readonly Made[], total: number, look: Look): string {
  const rows = table(
    images.map(({ name, digest, size, reference }) => [name, bytes(size), reference ?? digest]),
  );
  return [...rows, styled(look, 'dim', `in ${duration(total)}`), ''].join('\n');
}
