import type { ObservedUse, Resources, Saving } from '../core/cost.ts';
import type { Component } from '../project/project.ts';
import { quantity } from '../project/quantity.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { monthly, type PartUse, type UnitPrices } from './cost.ts';

const mebibyte = 2 ** 20;
const day = 86_400;

/** How much more than what was seen is asked for: of a week that was watched, and of a single look. */
const margins = { watched: { cpu: 1.5, memory: 1.25 }, looked: { cpu: 2, memory: 1.5 } } as const;

/** The steps in which is asked for: processors and bytes. */
const step = { cpu: 0.005, memory: 16 * mebibyte } as const;

/**
 * The least that is asked for: processors. A copy that has nothing to do starts all the same, and on a full node it gets
 * what it asks for and no more: with 10m a rollout on one took so long that requests failed.
 */
const leastCpu = 0.025;

/** The limit of memory of what does not say one (`memoryLimit` in ptp.yaml), at least. */
const usualLimit = 256 * mebibyte;

/** What requests are computed from. */
interface Seen {
  readonly use: Resources;
  readonly margin: Resources;
  readonly words: string;
  readonly risk: string;
}

/**
 * Requests as large as what copies use, with a margin: of what the monitoring has seen within a week (95 of 100 moments of
 * processor time, 99 of 100 of memory), or of the one look there is. Never larger than today's. Pure.
 */
export function rightSized(
  { project, observed }: Pick<Snapshot, 'project' | 'observed'>,
  parts: readonly PartUse[],
  prices: UnitPrices | undefined,
): readonly Saving[] {
  return project.components.flatMap((component) => {
    const { name } = component;
    const part = parts.find((one) => one.name === name);
    if (part === undefined || part.pods.length === 0) return [];
    const seen = seenOf(
      observed.find((one) => one.part === name),
      part,
    );
    const now = requestsOf(component);
    const fit = fitting(component, now, seen);
    const frees = {
      cpu: (now.cpu - fit.cpu) * part.copies,
      memory: (now.memory - fit.memory) * part.copies,
    };
    // What saves next to nothing is not worth a change.
    if (frees.cpu < now.cpu * 0.2 && frees.memory < now.memory * 0.2) return [];
    const values = changed(component, now, fit);
    const { cpu, memory } = component.resources;
    return [
      {
        name: `right-size ${name}`,
        what: `${seen.words}, and it asks for ${cpu} and ${memory}.`,
        plan: `components.${name}.resources: { ${Object.entries(values)
          .map(([key, value]) => `${key}: ${value}`)
          .join(', ')} }`,
        edits: Object.entries(values).map(([key, value]) => ({
          path: ['components', name, 'resources', key],
          value,
        })),
        ...(prices === undefined ? {} : { month: monthly(frees, prices) }),
        frees,
        risk: seen.risk,
      },
    ];
  });
}

/** Components that use more than what is kept for them, as a sentence each: on a full node they get less. Pure. */
export function underAsked({ project, observed }: Pick<Snapshot, 'project' | 'observed'>): readonly string[] {
  return project.components.flatMap((component) => {
    const seen = observed.find(({ part }) => part === component.name);
    const { cpu, memory } = requestsOf(component);
    if (seen === undefined || (seen.cpu95 <= cpu && seen.memory99 <= memory)) return [];
    return [
      `A copy of ${component.name} uses ${amountText({ cpu: seen.cpu95, memory: seen.memory99 })} and asks for ${component.resources.cpu} and ${component.resources.memory}: raise \`resources\`, or it gets less on a full node.`,
    ];
  });
}

function requestsOf({ resources }: Component): Resources {
  return { cpu: quantity(resources.cpu) ?? 0, memory: quantity(resources.memory) ?? 0 };
}

function seenOf(watched: ObservedUse | undefined, part: PartUse): Seen {
  if (watched === undefined) {
    const use = {
      cpu: Math.max(...part.pods.map(({ cpu }) => cpu)),
      memory: Math.max(...part.pods.map(({ memory }) => memory)),
    };
    return {
      use,
      margin: margins.looked,
      words: `A copy of ${part.name} uses ${amountText(use)}`,
      risk: 'That is one look. The limit of memory stays, and processor time that is free may still be used; on a full node copies get less under load.',
    };
  }
  const { cpu95, cpuMost, memory99, memoryMost, seconds } = watched;
  const use = { cpu: cpu95, memory: memory99 };
  const short =
    seconds < day
      ? ` It was watched for ${timeText(seconds)} alone: what comes once a day is not in it.`
      : '';
  return {
    use,
    margin: margins.watched,
    words: `In ${timeText(seconds)} no copy of ${part.name} used more than ${millis(cpu95)} (95 of 100 moments) and ${mebibytes(memory99)} (99 of 100)`,
    risk: `The most was ${amountText({ cpu: cpuMost, memory: memoryMost })}. The limit of memory stays, and processor time that is free may still be used; on a full node copies get less than the most.${short}`,
  };
}

function fitting(component: Component, now: Resources, { use, margin }: Seen): Resources {
  const { scale } = component;
  // An autoscaler that goes by a share of what is asked for must not see load where there was none.
  const share = scale !== undefined && 'percent' in scale.cpu ? 110 / scale.cpu.percent : 0;
  const wanted = {
    cpu: Math.max(leastCpu, up(use.cpu * Math.max(margin.cpu, share), step.cpu)),
    memory: up(use.memory * margin.memory, step.memory),
  };
  return { cpu: Math.min(now.cpu, wanted.cpu), memory: Math.min(now.memory, wanted.memory) };
}

/** The keys of `resources` that say something else then. */
function changed({ resources }: Component, now: Resources, fit: Resources): Readonly<Record<string, string>> {
  const limit = quantity(resources.memoryLimit) ?? 0;
  return {
    ...(fit.cpu < now.cpu ? { cpu: `${Math.round(fit.cpu * 1000)}m` } : {}),
    ...(fit.memory < now.memory ? { memory: `${Math.round(fit.memory / mebibyte)}Mi` } : {}),
    // A limit that follows from what is asked for would fall with it.
    ...(limit > Math.max(usualLimit, fit.memory) ? { memoryLimit: resources.memoryLimit } : {}),
  };
}

/** The next step above; what a computer adds to a number by reckoning is no step. */
function up(amount: number, by: number): number {
  const steps = Math.max(1, Math.ceil(Number((amount / by).toFixed(6))));
  return Number((steps * by).toFixed(6));
}

function amountText({ cpu, memory }: Resources): string {
  return `${millis(cpu)} and ${mebibytes(memory)}`;
}

function millis(cpu: number): string {
  return `${Math.ceil(cpu * 1000)}m`;
}

function mebibytes(memory: number): string {
  return `${Math.ceil(memory / mebibyte)} MiB`;
}

function timeText(seconds: number): string {
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 2 * day ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / day)} days`;
}
