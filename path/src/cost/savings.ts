import type { Resources, Saving } from '../core/cost.ts';
import { quantity } from '../project/quantity.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { monthly, type PartUse, type UnitPrices } from './cost.ts';
import { type Machine, machineFor } from './machines.ts';

/** What savings are computed from. */
export interface SavingInput {
  readonly snapshot: Snapshot;
  readonly parts: readonly PartUse[];
  readonly prices: UnitPrices | undefined;
  readonly machine: Machine | undefined;
  /** By all pods together. */
  readonly requested: Resources;
}

const mebibyte = 2 ** 20;

/** Hours of a day that are night, and copies that a component has then. */
const night = { hours: 10, copies: 1 };

/** Of the memory of a node that is asked for, so much more for the node's own programs. */
const nodeShare = 1.25;

/** GiB that a machine needs on which Kubernetes itself runs, and images are built. */
const leastMemory = 4;

/** Changes that would cost less, those that save most first. Pure. */
export function savings(input: SavingInput): readonly Saving[] {
  return [
    ...rightSized(input),
    ...atNight(input),
    ...smallerMachine(input),
    ...otherProcessors(input),
  ].toSorted((one, other) => (other.month ?? 0) - (one.month ?? 0));
}

/** Requests as large as what the largest copy uses, with a margin: twice the processor time, half as much memory again. */
function rightSized({ snapshot, parts, prices }: SavingInput): readonly Saving[] {
  return parts.flatMap((part) => {
    const component = snapshot.project.components.find(({ name }) => name === part.name);
    if (component === undefined || part.pods.length === 0) return [];
    const most = {
      cpu: Math.max(...part.pods.map(({ cpu }) => cpu)),
      memory: Math.max(...part.pods.map(({ memory }) => memory)),
    };
    const now = {
      cpu: quantity(component.resources.cpu) ?? 0,
      memory: quantity(component.resources.memory) ?? 0,
    };
    const fit = {
      cpu: Math.min(now.cpu, Math.max(0.01, Math.ceil(most.cpu * 2 * 100) / 100)),
      memory: Math.min(now.memory, Math.ceil((most.memory * 1.5) / (16 * mebibyte)) * 16 * mebibyte),
    };
    const frees = {
      cpu: (now.cpu - fit.cpu) * component.replicas,
      memory: (now.memory - fit.memory) * component.replicas,
    };
    // What saves next to nothing is not worth a change.
    if (frees.cpu < now.cpu * 0.2 && frees.memory < now.memory * 0.2) return [];
    const words = [
      ...(frees.cpu > 0 ? [`cpu: ${Math.round(fit.cpu * 1000)}m`] : []),
      ...(frees.memory > 0 ? [`memory: ${Math.round(fit.memory / mebibyte)}Mi`] : []),
    ];
    return [
      {
        name: `right-size ${part.name}`,
        what: `A copy of ${part.name} uses ${Math.round(most.cpu * 1000)}m and ${Math.round(most.memory / mebibyte)} MiB, and asks for ${component.resources.cpu} and ${component.resources.memory}.`,
        plan: `components.${part.name}.resources: { ${words.join(', ')} }`,
        ...(prices === undefined ? {} : { month: monthly(frees, prices) }),
        frees,
        risk: 'The limit of memory stays, and processor time that is free may still be used; on a full node copies get less under load.',
      },
    ];
  });
}

function atNight({ snapshot, parts, prices }: SavingInput): readonly Saving[] {
  const many = snapshot.project.components.filter(({ replicas }) => replicas > night.copies);
  if (many.length === 0) return [];
  const share = night.hours / 24;
  const frees = many.reduce(
    (all, { name, replicas }) => {
      const part = parts.find((one) => one.name === name);
      const left = ((replicas - night.copies) / replicas) * share;
      return {
        cpu: all.cpu + (part?.requested.cpu ?? 0) * left,
        memory: all.memory + (part?.requested.memory ?? 0) * left,
      };
    },
    { cpu: 0, memory: 0 },
  );
  return [
    {
      name: 'fewer copies at night',
      what: `One copy of ${many.map(({ name }) => name).join(', ')} for ${night.hours} hours of the day.`,
      plan: 'components.<name>.replicas: 1, and back in the morning',
      ...(prices === undefined ? {} : { month: monthly(frees, prices) }),
      frees,
      risk: 'A pod that dies, a node that is drained and a rollout fail requests then.',
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
