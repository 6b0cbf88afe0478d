import type { Bill } from '../core/bill.ts';
import type { CostReport, CostRow, Resources } from '../core/cost.ts';
import { label } from '../kubernetes/labels.ts';
import type { Pod } from '../kubernetes/objects.ts';
import { quantity } from '../project/quantity.ts';
import { ofKind, type PodUsage, type Snapshot } from '../snapshot/snapshot.ts';
import { type Machine, machineFor, machines } from './machines.ts';
import { underAsked } from './right-size.ts';
import { savings } from './savings.ts';

const gibibyte = 2 ** 30;

/**
 * How many GiB of memory cost as much as one processor: about what clouds that sell the two apart take. A machine's
 * price is divided by it between its processors and its memory.
 */
const gibibytesForProcessor = 7.5;

/** What one part of a system asks for and uses. */
export interface PartUse extends Omit<CostRow, 'month'> {
  /** What each pod of it uses that tells so. */
  readonly pods: readonly Resources[];
}

/** A monthly price for each processor and each byte. */
export interface UnitPrices {
  readonly cpu: number;
  readonly memory: number;
}

/**
 * What a system costs a month where it runs, and what would cost less. Each part is counted with what it asks for or
 * uses, whichever is more, since neither can be given to others; the rest of the nodes is free and paid for as well.
 * Machines of one's own have no price: they are compared with rented ones of their size, by name. Pure.
 * @param bill what a target in a public cloud is made of, where it is one: then its prices are told, and no shares of them
 */
export function costOf(snapshot: Snapshot, bill?: Bill): CostReport {
  const { nodes, cluster } = snapshot;
  const capacity = sum(
    nodes.map(({ status }) => ({
      cpu: quantity(status?.capacity?.cpu ?? '') ?? 0,
      memory: quantity(status?.capacity?.memory ?? '') ?? 0,
    })),
  );
  const own = cluster.provider === 'local';
  // All nodes of a local cluster are the same machine.
  const whole = own && nodes.length > 1 ? scaled(capacity, 1 / nodes.length) : capacity;
  const machine = own ? machineFor(whole.cpu, Math.round(whole.memory / gibibyte)) : undefined;
  const prices = machine === undefined ? undefined : unitPrices(machine, whole);
  const parts = partsOf(snapshot);
  const rows = parts.map((part) => priced(part, prices));
  const requested = sum(parts.map((part) => part.requested));
  const used = sum(parts.map((part) => part.used ?? { cpu: 0, memory: 0 }));
  const taken = sum(parts.map(takenBy));
  const free = {
    cpu: Math.max(0, whole.cpu - taken.cpu),
    memory: Math.max(0, whole.memory - taken.memory),
  };
  const known = snapshot.usage.length > 0;
  const month = machine?.month ?? bill?.monthly;
  return {
    ...basisOf(snapshot, machine, bill),
    rows: [
      ...rows,
      ...billed(bill),
      {
        name: 'not asked for by anybody',
        kind: 'free',
        copies: 0,
        requested: free,
        ...(prices === undefined ? {} : { month: monthly(free, prices) }),
      },
    ],
    nodes: { count: nodes.length, capacity: whole, requested, used },
    ...(month === undefined ? {} : { month }),
    ...(known && whole.cpu > 0 ? { idle: idleShare(whole, used) } : {}),
    savings: savings({ snapshot, parts, prices, machine, requested }),
    notes: [...(bill?.choices ?? []), ...notesOf(snapshot)],
  };
}

function basisOf(
  { cluster, project }: Snapshot,
  machine: Machine | undefined,
  bill: Bill | undefined,
): Pick<CostReport, 'basis' | 'currency' | 'priced'> {
  if (bill !== undefined)
    return {
      basis: `List prices of ${bill.cloud} in ${bill.region}. Traffic, requests, logs and tax are not in them.`,
      currency: bill.currency,
      priced: bill.date,
    };
  if (cluster.provider !== 'local')
    return {
      basis: `What the nodes of target ${project.target.name} cost is not known here: shares and sizes are told, and no prices.`,
    };
  if (machine === undefined)
    return { basis: 'This machine costs what it costs; none of its size is in the table of prices.' };
  return {
    basis: `This machine costs what it costs, which is not known here. Prices are those of a rented one of at least its size: ${machine.name} (${machine.cpu} processors, ${machine.memory} GiB), ${machines.where}, ${machines.source}.`,
    currency: machines.currency,
    priced: machines.date,
  };
}

/** What a cloud takes money for, each in a row of its own. */
function billed(bill: Bill | undefined): readonly CostRow[] {
  if (bill === undefined) return [];
  const items = [
    ...bill.resources.map(({ kind, name, monthly: month }) => ({ name: `${kind} ${name}`, month })),
    ...bill.indirect.map(({ text, monthly: month }) => ({ name: text, month })),
  ];
  return items.flatMap(({ name, month }) =>
    month === undefined || month === 0
      ? []
      : [{ name, kind: 'bill' as const, copies: 0, requested: { cpu: 0, memory: 0 }, month }],
  );
}

function notesOf(snapshot: Snapshot): readonly string[] {
  const { usage, taken, unread } = snapshot;
  return [
    ...underAsked(snapshot),
    usage.length === 0
      ? 'The nodes do not tell what pods use, so nothing is said of what is idle.'
      : `Use is that of ${taken.slice(0, 16).replace('T', ' ')} UTC alone: look again under the load that counts before anything is made smaller.`,
    'What is freed on a machine costs less only where others use it, or a smaller one does.',
    ...unread.map(({ what, why }) => `Not read: ${what} (${why}).`),
  ];
}

/** The parts of a system with what they ask for and use; the last one is all that the cluster itself runs. */
function partsOf(snapshot: Snapshot): readonly PartUse[] {
  const { project, usage } = snapshot;
  const pods = ofKind<Pod>(snapshot, 'Pod');
  const inside = usage.filter(({ namespace }) => namespace === project.target.namespace);
  const of = (key: string, name: string) => {
    const names = new Set(
      pods.filter(({ metadata }) => metadata.labels?.[key] === name).map(({ metadata }) => metadata.name),
    );
    return inside.filter(({ pod }) => names.has(pod));
  };
  const parts = [
    ...project.components.map(({ name }) => ({
      name,
      kind: 'component' as const,
      pods: of(label.component, name),
    })),
    ...project.services.map(({ name }) => ({
      name,
      kind: 'service' as const,
      pods: of(label.service, name),
    })),
  ];
  const counted = new Set(parts.flatMap((part) => part.pods));
  const others = usage.filter((one) => !counted.has(one));
  return [...parts, { name: 'the cluster itself', kind: 'cluster' as const, pods: others }].map((part) => ({
    name: part.name,
    kind: part.kind,
    copies: part.pods.length,
    requested: sum(part.pods.map(({ requested }) => requested ?? { cpu: 0, memory: 0 })),
    ...(part.pods.length === 0 ? {} : { used: sum(part.pods) }),
    pods: part.pods.map(({ cpu, memory }: PodUsage) => ({ cpu, memory })),
  }));
}

function priced({ pods: _, ...part }: PartUse, prices: UnitPrices | undefined): CostRow {
  return { ...part, ...(prices === undefined ? {} : { month: monthly(takenBy(part), prices) }) };
}

/** What a part keeps from others: what it asks for, or what it uses where that is more. */
function takenBy({ requested, used }: Pick<PartUse, 'requested' | 'used'>): Resources {
  return {
    cpu: Math.max(requested.cpu, used?.cpu ?? 0),
    memory: Math.max(requested.memory, used?.memory ?? 0),
  };
}

/** A machine's price for each processor and byte that it has. */
export function unitPrices({ month }: Machine, { cpu, memory }: Resources): UnitPrices {
  const units = cpu * gibibytesForProcessor + memory / gibibyte;
  const gib = month / units;
  return { cpu: gib * gibibytesForProcessor, memory: gib / gibibyte };
}

/** A month of so much. */
export function monthly({ cpu, memory }: Resources, prices: UnitPrices): number {
  return cpu * prices.cpu + memory * prices.memory;
}

/** The share of a machine's price that is paid for what nothing uses. */
function idleShare(whole: Resources, used: Resources): number {
  const value = ({ cpu, memory }: Resources) => cpu * gibibytesForProcessor + memory / gibibyte;
  return (
    1 -
    value({ cpu: Math.min(used.cpu, whole.cpu), memory: Math.min(used.memory, whole.memory) }) / value(whole)
  );
}

function sum(all: readonly Resources[]): Resources {
  return {
    cpu: all.reduce((total, { cpu }) => total + cpu, 0),
    memory: all.reduce((total, { memory }) => total + memory, 0),
  };
}

function scaled({ cpu, memory }: Resources, by: number): Resources {
  return { cpu: cpu * by, memory: memory * by };
}
