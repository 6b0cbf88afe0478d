import { z } from 'zod';
import type { PlannedChange } from '../core/event.ts';
import type { Problem } from '../core/failure.ts';
import type { PublishedImage, TrafficResult } from '../core/handover.ts';
import { hashOf } from '../kubernetes/hash.ts';
import { label } from '../kubernetes/labels.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { withRevisions } from './revisions.ts';

/** What records are called beside the images of a project. */
export const recordRepository = 'ptp-releases';

/** One release: what was rolled out, when, by whom, from which source, and what came of it. */
export interface ReleaseRecord {
  readonly version: 1;
  /** From 1 on. */
  readonly number: number;
  /**
   * `rolling`: begun, and not ended yet or killed in between; `serving`: it came to its end; `failed`: it did not, and
   * the release before it was brought back where there was one.
   */
  readonly state: 'rolling' | 'serving' | 'failed';
  /** When it began and when it came to its end, ISO 8601. */
  readonly begun: string;
  readonly ended?: string;
  /** `ann@workstation` */
  readonly by: string;
  /** The commit that the sources were at, and whether the working tree was as the commit says. */
  readonly source?: { readonly commit: string; readonly clean: boolean };
  /** The release whose manifests these are, where it was brought back. */
  readonly backTo?: number;
  readonly images: readonly PublishedImage[];
  readonly manifests: Manifests;
  /** The migration of each component that has one; `ran`: in this release. */
  readonly migrations: readonly MigrationMark[];
  /** What it changed in the cluster, as it was planned. Values of Secrets are not in it. */
  readonly changes: readonly PlannedChange[];
  /** Components whose pods were replaced. */
  readonly rolled: readonly string[];
  /** What requests saw while pods were replaced; absent where none were, or nothing was measured. */
  readonly traffic?: TrafficResult;
  /** Why it failed. */
  readonly problems?: readonly Problem[];
  /** What it changed of services did not come up: they are made as they were before. */
  readonly servicesFailed?: true;
}

/** The objects of a release, by the step that applies them. No Secret is among them. */
export interface Manifests {
  readonly services: readonly KubernetesObject[];
  /** What the workloads stand on. */
  readonly ground: readonly KubernetesObject[];
  readonly workloads: readonly KubernetesObject[];
  readonly route: readonly KubernetesObject[];
}

/** Which migration a component has had. */
export interface MigrationMark {
  readonly component: string;
  readonly mark: string;
  readonly ran: boolean;
}

const manifests = z.array(
  z.looseObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: z.looseObject({ name: z.string() }),
  }),
);

/** What is asked of a record that is read: later versions may add keys. */
const recordSchema = z.looseObject({
  version: z.literal(1),
  number: z.int().positive(),
  state: z.enum(['rolling', 'serving', 'failed']),
  begun: z.string(),
  by: z.string(),
  images: z.array(z.looseObject({ name: z.string(), reference: z.string(), digest: z.string() })),
  manifests: z.object({ services: manifests, ground: manifests, workloads: manifests, route: manifests }),
  migrations: z.array(z.looseObject({ component: z.string(), mark: z.string() })),
  changes: z.array(z.looseObject({ change: z.string(), object: z.string(), fields: z.array(z.unknown()) })),
  rolled: z.array(z.string()),
});

/** Reads a record. Throws an Error where the text is none. */
export function parseRecord(text: string): ReleaseRecord {
  return recordSchema.parse(JSON.parse(text)) as unknown as ReleaseRecord;
}

/** One word that is the same for releases that run the same: images, manifests, migrations. */
export function contentOf({
  manifests,
  migrations,
}: Pick<ReleaseRecord, 'manifests' | 'migrations'>): string {
  return hashOf({ manifests, migrations: migrations.map(({ component, mark }) => ({ component, mark })) });
}

/** The release that the cluster is meant to run: the newest that came to its end. */
export function servingRelease(records: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  return records.findLast(({ state }) => state === 'serving');
}

/**
 * The release that left the services as they are: a release that is taken back leaves what it made of them, unless they
 * did not come up. Going back and forth between versions of a database server costs more than it mends.
 */
export function servicesRelease(records: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  return records.findLast(({ state, servicesFailed }) => state !== 'rolling' && servicesFailed !== true);
}

/** The services that manifests have other objects for than the cluster was left with, sorted. */
export function changedServices(
  records: readonly ReleaseRecord[],
  { services }: Pick<Manifests, 'services'>,
): readonly string[] {
  const left = new Set(servicesRelease(records)?.manifests.services.map((object) => hashOf(object)));
  const changed = services.filter((object) => !left.has(hashOf(object)));
  return [
    ...new Set(changed.map(({ metadata }) => metadata.labels?.[label.service] ?? metadata.name)),
  ].sort();
}

/** The release that the cluster is meant to run, with the services as they were left. */
export function meantToRun(records: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  const serving = servingRelease(records);
  const left = servicesRelease(records);
  if (serving === undefined || left === undefined || left === serving) return serving;
  const own = imagesOfServices(left);
  const names = new Set(own.map(({ name }) => name));
  return {
    ...serving,
    manifests: { ...serving.manifests, services: left.manifests.services },
    images: [...serving.images.filter(({ name }) => !names.has(name)), ...own],
  };
}

function imagesOfServices({ images, manifests }: ReleaseRecord): readonly PublishedImage[] {
  const text = JSON.stringify(manifests.services);
  return images.filter(({ reference }) => text.includes(reference));
}

/**
 * The release that `rollback` returns to unless one is named: the newest that served, ran something else than what
 * runs now, and is older than what that was brought back to.
 */
export function releaseBefore(records: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  const now = servingRelease(records);
  if (now === undefined) return undefined;
  const origin = now.backTo ?? now.number;
  // Those that differ in credentials alone ran the same, and would get those of today.
  const ran = (one: ReleaseRecord) => contentOf({ ...one, manifests: withRevisions(one.manifests) });
  return records.findLast((one) => one.state === 'serving' && one.number < origin && ran(one) !== ran(now));
}

/** How many releases' images may run at any time; those of an earlier one are let in when it is gone back to. */
const runnable = 10;

/** The references of the images of the newest releases that served, and of what runs: what may start at once. */
export function imagesOfReleases(records: readonly ReleaseRecord[]): readonly string[] {
  const served = records.filter(({ state }) => state === 'serving').slice(-runnable);
  const left = servicesRelease(records);
  const images = [
    ...served.flatMap((one) => one.images),
    ...(left === undefined ? [] : imagesOfServices(left)),
  ];
  return [...new Set(images.map(({ reference }) => reference))];
}

/** The number of the next release, and whether it goes on with one that was killed: then it keeps that one's number. */
export function nextNumber(
  records: readonly ReleaseRecord[],
  wanted: Pick<ReleaseRecord, 'manifests' | 'migrations'>,
): number {
  const last = records.at(-1);
  if (last === undefined) return 1;
  return last.state === 'rolling' && contentOf(last) === contentOf(wanted) ? last.number : last.number + 1;
}
