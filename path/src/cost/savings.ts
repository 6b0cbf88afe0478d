import { type Resources, type Saving, savingWord } from '../core/cost.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { monthly, type PartUse, type UnitPrices } from './cost.ts';
import { type Machine, machineFor } from './machines.ts';
import { rightSized } from './right-size.ts';

/** What savings are computed from. */
export interface SavingInput {
  readonly snapshot: Snapshot;
  readonly parts: readonly PartUse[];
  readonly prices: UnitPrices | undefined;
  readonly machine: Machine | undefined;
  /** By all pods together. */
  readonly requested: Resources;
}

/** Hours of a day that are quiet, and copies that a component has then. */
const quiet = { hours: 10, copies: 1 };

/** Of the memory of a node that is asked for, so much more for the node's own programs. */
const nodeShare = 1.25;

/** GiB that a machine needs on which Kubernetes itself runs, and images are built. */
const leastMemory = 4;

/** Changes that would cost less, those that save most first. Pure. */
export function savings(input: SavingInput): readonly Saving[] {
  const all = [
    ...rightSized(input.snapshot, input.parts, input.prices),
    ...whenQuiet(input),
    ...smallerMachine(input),
    ...otherProcessors(input),
  ];
  return all
    .map((one) =>
      one.edits === undefined ? one : { ...one, command: `ptp cost --apply ${savingWord(one)}` },
    )
    .toSorted((one, other) => (other.month ?? 0) - (one.month ?? 0));
}

/** One copy while one suffices, and more under load, of all that has more than one today. */
function whenQuiet({ snapshot, parts, prices }: SavingInput): readonly Saving[] {
  const many = snapshot.project.components.filter(({ replicas }) => replicas > quiet.copies);
  if (many.length === 0) return [];
  const frees = many.reduce(
    (all, { name, replicas }) => {
      const part = parts.find((one) => one.name === name);
      const left = ((replicas - quiet.copies) / replicas) * (quiet.hours / 24);
      return {
        cpu: all.cpu + (part?.requested.cpu ?? 0) * left,
        memory: all.memory + (part?.requested.memory ?? 0) * left,
      };
    },
    { cpu: 0, memory: 0 },
  );
  const keys = many.map(({ name, replicas, scale }) => ({ name, max: scale?.max ?? 2 * replicas }));
  return [
    {
      name: 'fewer copies when it is quiet',
      what: `One copy of ${many.map(({ name }) => name).join(', ')} while one suffices, more under load; reckoned with ${quiet.hours} hours of the day.`,
      plan: keys
        .map(({ name, max }) => `components.${name}: { replicas: ${quiet.copies}, scale: { max: ${max} } }`)
        .join('; '),
      edits: keys.flatMap(({ name, max }) => [
        { path: ['components', name, 'replicas'], value: quiet.copies },
        { path: ['components', name, 'scale'], value: { max } },
      ]),
      ...(prices === undefined ? {} : { month: monthly(frees, prices) }),
      frees,
      risk: 'While there is one copy, a pod that dies and a node that is drained fail requests, and a burst is slow for a minute.',
    },
  ];
}

function smallerMachine({ machine, requested }: SavingInput): readonly Saving[] {
  if (machine === undefined) return [];
  const smaller = machineFor(
    requested.cpu * nodeShare,
    Math.max(leastMemory, (requested.memory / 2 ** 30) * nodeShare),
  );
  if (smaller === undefined || smaller.month >= machine.month) return [];
  return [
    {
      name: 'a smaller machine',
      what: `All that pods ask for, and Kubernetes itself, fit ${smaller.name} (${smaller.cpu} processors, ${smaller.memory} GiB).`,
      month: machine.month - smaller.month,
      risk: 'Builds on the same machine, and a rollout that runs old and new copies side by side, have less room.',
    },
  ];
}

function otherProcessors({ machine }: SavingInput): readonly Saving[] {
  if (machine?.arm === undefined) return [];
  return [
    {
      name: 'ARM processors',
      what: `${machine.arm.name} instead of ${machine.name}, as large and cheaper.`,
      month: machine.month - machine.arm.month,
      risk: 'Images are built for x86-64 alone today: the builder has to make them for arm64 first.',
    },
  ];
}
