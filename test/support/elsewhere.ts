import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Event } from '../../path/src/core/event.ts';
import type { BuiltImage } from '../../path/src/core/handover.ts';
import { compareImages, differenceText, filesOf } from '../../path/src/oci/compare-images.ts';

/** Where, by whom and how a project's images are built. */
export interface Elsewhere {
  /** The project. Its files have to be readable for `user`. */
  readonly folder: string;
  /** The cache; `user` has to own it. */
  readonly cache: string;
  /** Not this process's. Only root may choose. */
  readonly user?: number;
  readonly umask?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** How far the clock is off, as faketime(1) reads it: `+400d`. */
  readonly clock?: string;
  /** The one processor that may be used. */
  readonly processor?: number;
}

/** What a build made and told. */
export interface Built {
  readonly images: readonly BuiltImage[];
  readonly told: readonly Event[];
}

const checkout = join(import.meta.dirname, '../..');

/** Builds a project's images in a process of its own. Throws Error with what it said where it fails. */
export async function buildElsewhere(place: Elsewhere): Promise<Built> {
  const { folder, cache, umask = '022', user, clock, processor } = place;
  const home = mkdtempSync(join(tmpdir(), 'ptp-home-'));
  const words = ['sh', '-c', 'umask "$0" && exec "$@"', umask];
  if (processor !== undefined) words.push('taskset', '--cpu-list', String(processor));
  // Another user may not be let through to the checkout: it is shown at another place.
  const tool = user === undefined ? checkout : join(home, 'tool');
  if (user !== undefined)
    words.push('setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--bounding-set=-all');
  if (clock !== undefined) words.push('faketime', '--exclude-monotonic', '-f', clock);
  words.push(
    join(tool, 'node_modules/.bin/node'),
    join(tool, 'test/support/build-images.ts'),
    folder,
    cache,
    'all',
  );
  try {
    mkdirSync(join(home, 'own'));
    chmodSync(home, 0o755);
    chmodSync(join(home, 'own'), 0o777);
    if (user === undefined) return await read(words, place, home);
    mkdirSync(tool);
    const bind = 'mount --bind "$0" "$1" && shift && exec "$@"';
    return await read(['unshare', '--mount', 'sh', '-c', bind, checkout, tool, ...words], place, home);
  } finally {
    rmSync(join(home, 'own'), { recursive: true, force: true });
    // Never what is below: it may be the checkout itself.
    if (user !== undefined) rmdirSync(tool);
    rmdirSync(home);
  }
}

async function read([program = '', ...args]: readonly string[], place: Elsewhere, home: string) {
  // What npm has to know to reach its registry; npm's own place, and so its settings', follows that of Node.js.
  const passed = ['PATH', 'NODE_EXTRA_CA_CERTS', 'npm_config_globalconfig'];
  if (place.user === undefined) passed.push('npm_config_userconfig');
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => passed.includes(name))),
      HOME: join(home, 'own'),
      ...place.env,
    },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code}:\n${stderr}`);
  return JSON.parse(stdout) as Built;
}

/** One line for each image that is not the same in both builds, with the first byte that differs. */
export async function differences(one: Built, other: Built): Promise<readonly string[]> {
  const names = [one, other].map(({ images }) => images.map(({ name }) => name).join());
  if (names[0] !== names[1]) return [`images ${names[0]} ≠ ${names[1]}`];
  const lines: string[] = [];
  for (const [index, image] of one.images.entries()) {
    const counterpart = other.images[index];
    const found = counterpart && (await compareImages(filesOf(image), filesOf(counterpart)));
    if (found !== undefined) lines.push(`${image.name}: ${differenceText(found)}`);
  }
  return lines;
}
