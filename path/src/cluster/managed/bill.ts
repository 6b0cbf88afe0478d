import { intentOf } from '../../clouds/changes.ts';
import type { Cloud } from '../../clouds/cloud.ts';
import { observe } from '../../clouds/observe.ts';
import type { Price } from '../../clouds/price.ts';
import type { Resource } from '../../clouds/resource.ts';
import type { Findings } from '../../clouds/seen.ts';
import type { Bill, BilledResource } from '../../core/bill.ts';
import type { Context } from '../../effects/context.ts';
import type { Project } from '../../project/project.ts';
import { cloudOf, enterAccount } from './account.ts';

/**
 * What a project's target in a public cloud is made of, what of it is there, and what it costs a month. Changes nothing.
 * Without credentials all is taken to be new.
 * @throws UserMistake where the target would be refused, or credentials are not accepted
 */
export async function billFor(context: Context, project: Project): Promise<Bill> {
  const cloud = await cloudOf(project);
  const account = await enterAccount(context, project);
  if (account === undefined) return bill(cloud, project, undefined);
  const { session, stack, work } = account;
  try {
    await observe(work, stack.resources);
    const missing = stack.resources.filter((one) => work.seen.whole(one) === undefined);
    const obstacles = await cloud.obstacles(session, project, missing);
    const there = { name: session.account, who: session.who };
    return { ...bill(cloud, project, work.seen), account: there, obstacles };
  } finally {
    await session.close();
  }
}

function bill(cloud: Cloud, project: Project, seen: Findings | undefined): Bill {
  const { resources, indirect, choices } = cloud.stack(project);
  const { date, currency } = cloud.prices;
  const billed = inOrderOfMaking(resources).map((resource) => billedOne(cloud, resource, seen));
  const others = indirect.map(({ text, costs }) => ({ text, monthly: monthly(cloud, costs) }));
  const sum = [...billed, ...others].reduce((all, one) => all + (one.monthly ?? 0), 0);
  return {
    cloud: cloud.title,
    region: project.target.cloud?.region ?? '',
    howToEnter: cloud.howToEnter,
    resources: billed,
    indirect: others,
    monthly: cents(sum),
    currency,
    date,
    choices,
    obstacles: [],
  };
}

function billedOne(cloud: Cloud, resource: Resource<unknown>, seen: Findings | undefined): BilledResource {
  const { kind, name, costs, usually } = resource;
  const found = seen?.whole(resource);
  return {
    kind,
    name,
    change: intentOf(resource, found),
    fields: found?.drift ?? [],
    there: found !== undefined,
    goes: resource.borrowed !== true && resource.stays !== true && found?.ours !== false,
    ...(costs === undefined ? {} : { monthly: monthly(cloud, costs) }),
    ...(usually === undefined ? {} : { usually }),
  };
}

/** What some items cost a month. Throws Error for an item that the cloud's table lacks: a fault of that cloud's folder. */
export function monthly({ prices, title }: Pick<Cloud, 'prices' | 'title'>, costs: readonly Price[]): number {
  const sum = costs.reduce((all, { item, quantity }) => {
    const line = prices.items[item];
    if (line === undefined) throw new Error(`the prices of ${title} lack ${item}`);
    return all + line.monthly * quantity;
  }, 0);
  return cents(sum);
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}

/** Each after what it needs, and else as the stack lists them. */
function inOrderOfMaking(resources: readonly Resource<unknown>[]): readonly Resource<unknown>[] {
  const sorted: Resource<unknown>[] = [];
  const visit = (resource: Resource<unknown>) => {
    if (sorted.includes(resource)) return;
    for (const need of resource.needs) if (resources.includes(need)) visit(need);
    sorted.push(resource);
  };
  for (const resource of resources) visit(resource);
  return sorted;
}
