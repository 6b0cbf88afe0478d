import { expect } from 'vitest';
import { withEdit } from './edit.ts';
import { type Ended, jsonResult } from './ptp.ts';
import type { PodState, System } from './system.ts';
import { until } from './until.ts';

/** A release as `history --json` tells of it. */
export interface Release {
  readonly number: number;
  readonly state: string;
  readonly current: boolean;
  readonly begun: string;
  readonly seconds?: number;
  readonly backTo?: number;
  readonly images: readonly { readonly name: string; readonly digest: string }[];
  readonly problems?: readonly { readonly what: string }[];
  readonly traffic?: { readonly requests: number; readonly failed: number };
}

/** Every release that is recorded, the newest first. */
export async function releasesOf(system: System): Promise<readonly Release[]> {
  return jsonResult(await system.must('history', '--json')).releases as readonly Release[];
}

/** The release that the cluster is meant to run. */
export async function currentRelease(system: System): Promise<Release> {
  const found = (await releasesOf(system)).find((one) => one.current);
  if (found === undefined) throw new Error('no release is current');
  return found;
}

/** What an `up` is to fail by, and how. */
export interface Failing {
  readonly file: string;
  readonly edit: readonly [string, string];
  /** The component or service whose pods are looked at. */
  readonly part: string;
  /** Whether what is wrong shows before anybody is served, so that no pod of the release before goes; so unless told. */
  readonly early?: boolean;
  /** Runs the `up`; left out: nothing is done beside it. */
  readonly run?: () => Promise<Ended>;
}

/**
 * Runs an `up` that fails while somebody writes, and looks at what it leaves: the release before serves, with every
 * row, and the record and the message say so.
 */
export async function takenBack(
  system: System,
  { file, edit, part, early = true, run = () => system.ptp('up', '--json') }: Failing,
): Promise<Ended> {
  await system.must('up');
  const [before, pods, door] = [await currentRelease(system), await system.pods(), await system.door()];
  const ended = await withEdit(file, edit, () => system.rows.whileWriting(door, run));
  expect(ended.code).toBe(1);
  if (early) expect(uids(await system.pods(), part)).toEqual(uids(pods, part));
  // A pod that is taken back answers on the connections that it still has, for a second or so.
  await until(
    'every row is there',
    () => system.rows.lost(door),
    (lost) => lost.length === 0,
    15,
  );
  expect(await currentRelease(system)).toEqual(before);
  const [last] = await releasesOf(system);
  expect(last).toMatchObject({ number: before.number + 1, state: 'failed' });
  expect(problemsText(ended)).toContain(
    `release ${before.number + 1} was taken back: release ${before.number} serves`,
  );
  await system.must('status');
  return ended;
}

/** All that a command says is wrong, as JSON. */
export function problemsText(ended: Ended): string {
  return JSON.stringify(jsonResult(ended).problems);
}

function uids(pods: readonly PodState[], part: string): readonly string[] {
  return pods
    .filter((pod) => pod.part === part && pod.ready)
    .map(({ uid }) => uid)
    .sort();
}
