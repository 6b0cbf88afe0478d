import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Builds of the page that are kept: those of a few branches, between which somebody goes back and forth. */
const kept = 4;
/** Milliseconds for which a page may be open in a browser: its build is read while it is served. */
const inUse = 24 * 3_600_000;

/**
 * Notes that a build of the page is used, and removes those that nobody has used for a day, but for the last few; what
 * a killed build left as well. What cannot be removed stays: the cache may be deleted at any time.
 * @param place the folder of the build that is used; its siblings are the others
 * @param now milliseconds since 1970
 */
export async function removeOldBuilds(place: string, now: number): Promise<void> {
  const folder = dirname(place);
  await utimes(place, new Date(now), new Date(now)).catch(() => {});
  const builds = await Promise.all(
    (await readdir(folder).catch(() => [])).map(async (name) => ({
      name,
      used: await stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => now,
      ),
    })),
  );
  // Names with a full stop are builds that are under way, or were when they were killed.
  const [whole, halfDone] = [false, true].map((half) =>
    builds.filter(({ name }) => name.includes('.') === half),
  ) as [typeof builds, typeof builds];
  const others = whole
    .filter(({ name }) => name !== basename(place))
    .toSorted((one, other) => other.used - one.used)
    .slice(kept - 1);
  for (const { name, used } of [...others, ...halfDone])
    if (now - used > inUse) await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
}
