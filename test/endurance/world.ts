import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Door } from '../support/door.ts';
import { isUnfinished, leftovers, withoutOrphans } from '../support/leftovers.ts';
import { type Ended, ptp, tail } from '../support/ptp.ts';
import { System } from '../support/system.ts';
import { until } from '../support/until.ts';

/** Instance and ports of these tests alone; `PTP_ENDURANCE_LANE` (0 to 9) lets parts run side by side. */
const lane = Number(process.env.PTP_ENDURANCE_LANE ?? 0);
export const instance = lane === 0 ? 'ptp-chaos' : `ptp-lane-${lane}`;
export const ports = { http: 38_080 + lane, https: 38_443 + lane };

const line = 'Each click makes one, gives it an id, and keeps it.';

/** A system on a cluster and with a cache of its own, both of which may be broken. */
export class World {
  readonly system: System;
  readonly cache: string;
  readonly #scratch: string;
  readonly #state: string | undefined;
  #words = 0;
  #shown = line;

  /** `state`, `cache`: folders of their own for clusters and for what can be made again, instead of the usual ones. */
  constructor({ state, cache }: { readonly state?: string; readonly cache?: string } = {}) {
    this.#scratch = mkdtempSync(join(tmpdir(), 'ptp-endurance-'));
    this.#state = state;
    this.cache = cache ?? join(this.#scratch, 'cache');
    copyCache(this.cache);
    this.system = new System({
      instance,
      ports,
      env: { PTP_CACHE: this.cache, ...(state === undefined ? {} : { PTP_STATE: state }) },
    });
    // What is broken here every minute is worth an alarm, and `status` is to tell of the last thing alone.
    const file = join(this.system.place.folder, 'ptp.yaml');
    const text = readFileSync(file, 'utf8');
    const quiet = text.replace(/^( +)cluster: local\b.*$/m, '$&\n$1monitoring: none');
    if (quiet === text) throw new Error('the project has no local target any more');
    writeFileSync(file, quiet);
  }

  /** Changes a word of the page, another one each time, so that there is something to build and to roll out. */
  change(): void {
    this.#words += 1;
    this.#show(`${line} (Number ${this.#words} of ${process.pid}.)`);
  }

  /** Runs `up`; it has to end well, the page to show the last change, and nothing to be left of what was killed. */
  async mended(env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    await withoutOrphans(instance);
    // Nobody is there to be served meanwhile but the test: old pods may end beside it.
    const ended = await this.ptp(['up', '--no-wait'], env);
    if (ended.code !== 0) throw new Error(`\`ptp up\` ended with ${ended.code}:\n${tail(ended)}`);
    this.system.forgetAccess();
    await this.#shows();
    const left = this.leftovers();
    if (left.length > 0) throw new Error(`left behind: ${left.join('; ')}`);
    return ended;
  }

  /** Runs `up`, whatever comes of it. */
  up(env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.ptp(['up'], env);
  }

  /** Runs a command, whatever comes of it. */
  ptp(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const { folder, env: own } = this.system.place;
    return ptp({ folder, env: { ...own, ...env } }, args);
  }

  /** What is left of commands that were killed. */
  leftovers(): readonly string[] {
    return leftovers({
      instance,
      cache: this.cache,
      ...(this.#state === undefined ? {} : { state: this.#state }),
    });
  }

  /** Whatever state a test that failed has left it in: afterwards it runs, if need be without its data. */
  async recover(): Promise<void> {
    this.system.forgetAccess();
    if ((await this.up()).code === 0) return;
    await this.clean();
    await this.mended();
  }

  /** Takes the cluster away with its data. */
  async clean(): Promise<void> {
    await this.system.must('down', '--data', '--yes');
    this.system.forget();
  }

  /** Takes everything away. */
  async remove(): Promise<void> {
    try {
      await this.system.remove();
    } finally {
      rmSync(this.#scratch, { recursive: true, force: true });
    }
  }

  async #shows(): Promise<void> {
    const door = await this.system.door();
    await until(
      `the page says ${this.#shown}`,
      async () => (await scriptOf(door)).includes(this.#shown),
      Boolean,
      30,
    );
  }

  #show(words: string): void {
    const page = join(this.system.place.folder, 'system/frontend/src/app.tsx');
    const before = readFileSync(page, 'utf8');
    if (!before.includes(this.#shown)) throw new Error(`${page} does not contain ${this.#shown}`);
    writeFileSync(page, before.replace(this.#shown, words));
    this.#shown = words;
  }
}

async function scriptOf(door: Door): Promise<string> {
  const { body } = await door.send('GET', '/');
  return (await door.send('GET', /src="([^"]+\.js)"/.exec(body)?.[1] ?? '')).body;
}

/** What of this machine's cache saves compiling and fetching. */
const worthCopying = ['blobs', 'components', 'debian', 'images', 'layers', 'modules', 'stat'];

/**
 * A copy of this machine's cache, so that nothing has to be compiled; Go's own caches are shared, being made for that.
 * Others may use it meanwhile: what is half copied is found to be so, and made again.
 */
function copyCache(to: string): void {
  const from = process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp');
  mkdirSync(to, { recursive: true });
  for (const name of worthCopying) spawnSync('cp', ['--archive', join(from, name), to]);
  const names = readdirSync(to, { recursive: true, encoding: 'utf8' });
  for (const name of names.filter(isUnfinished)) rmSync(join(to, name), { recursive: true, force: true });
  symlinkSync(join(from, 'go'), join(to, 'go'));
}
