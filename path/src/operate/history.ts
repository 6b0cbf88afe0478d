import type { PastRelease } from '../cli/actions.ts';
import { type ReleaseRecord, servingRelease } from '../releases/record.ts';

/** The releases as people are told of them, the newest first. Pure. */
export function historyOf(records: readonly ReleaseRecord[]): readonly PastRelease[] {
  const serving = servingRelease(records);
  return records.toReversed().map((record) => {
    const { number, state, begun, ended, by, source, backTo, images, rolled } = record;
    const { migrations, changes, traffic, problems } = record;
    return {
      number,
      state,
      current: record === serving,
      begun,
      ...(ended === undefined ? {} : { seconds: (Date.parse(ended) - Date.parse(begun)) / 1000 }),
      by,
      ...(source === undefined ? {} : { source }),
      ...(backTo === undefined ? {} : { backTo }),
      images: images.map(({ name, digest }) => ({ name, digest })),
      rolled,
      migrated: migrations.filter(({ ran }) => ran).map(({ component }) => component),
      changes,
      ...(traffic === undefined ? {} : { traffic }),
      ...(problems === undefined ? {} : { problems }),
    };
  });
}
