import type { Event } from '../../core/event.ts';
import type { RegistryAccess } from '../../core/handover.ts';
import { Secret } from '../../core/secret.ts';
import type { Context } from '../../effects/context.ts';
import type { Project } from '../../project/project.ts';
import type { Cloud, Failure, Session } from '../cloud.ts';
import { isOurs, ownTags, stackName } from '../ownership.ts';
import type { Resource, ResourceState } from '../resource.ts';
import { Findings } from '../seen.ts';
import type { Work } from '../work.ts';

/** An error as the account of this cloud answers with. */
export class Refusal extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, words: string) {
    super(words);
    this.failure = failure;
  }
}

/** A thing in the account. */
export interface Thing {
  readonly tags: Readonly<Record<string, string>>;
  state: ResourceState;
  size: number;
  /** Looks until a pending one is ready, and a deleted one gone. */
  looks: number;
  why?: string;
}

/** What may go wrong: called before each call, by its name (`create network`); throws what the caller gets. */
export type Trouble = (call: string, takeEffect: () => void) => void;

/** An account of a cloud that is nowhere: things by their names, which take some looks to become ready and to go. */
export class Account {
  readonly things = new Map<string, Thing>();
  readonly calls: string[] = [];
  trouble: Trouble = () => {};
  /** How many looks something takes to become what it is to be. */
  patience = 1;
  now = 0;
  readonly events: Event[] = [];

  /** Does a call, unless trouble comes before it. */
  call(name: string, effect: () => void): void {
    this.calls.push(name);
    this.trouble(name, effect);
    effect();
  }

  /** What works on this account, with a clock that jumps ahead whenever somebody waits. */
  work(signal: AbortSignal = new AbortController().signal): Work<Account> {
    const context: Context = {
      emit: (event) => this.events.push(event),
      clock: {
        monotonic: () => this.now,
        now: () => new Date(this.now),
        sleep: async (milliseconds, ended) => {
          ended?.throwIfAborted();
          this.now += milliseconds;
        },
      },
      processes: { run: () => Promise.reject(new Error('no programs here')) } as never,
      cache: '/nowhere',
      signal,
    };
    return { context, cloud: nowhere, session: sessionOf(this), seen: new Findings(signal) };
  }
}

/** The project whose stack is made there. */
export const shop = {
  name: 'shop',
  target: { name: 'far', cluster: 'eks', domain: 'shop.example.com', namespace: 'shop' },
  services: [],
  components: [],
} as unknown as Project;

interface ThingWish {
  readonly id: string;
  readonly needs?: readonly Resource<Account>[];
  readonly size?: number;
  readonly holdsData?: boolean;
  readonly borrowed?: boolean;
}

/** A resource that is a thing of the account. */
export function thing(wish: ThingWish, project: Project = shop): Resource<Account, string> {
  const { id, needs = [], size = 1 } = wish;
  const name = `${stackName(project)}-${id}`;
  return {
    id,
    kind: 'thing',
    name,
    needs,
    desired: { size },
    usually: 60,
    deadline: 600,
    costs: [{ item: 'thing', quantity: size }],
    ...(wish.holdsData === true ? { holdsData: true, lastCopy: () => `${name}-last` } : {}),
    ...(wish.borrowed === true ? { borrowed: true } : {}),
    async find(account, seen) {
      for (const need of needs) seen.of(need);
      account.call(`find ${id}`, () => {});
      const found = account.things.get(name);
      if (found === undefined) return undefined;
      if (found.looks > 0) found.looks -= 1;
      else if (found.state === 'deleting') {
        account.things.delete(name);
        return undefined;
      } else if (found.state === 'pending') found.state = 'ready';
      return {
        state: found.state,
        ours: isOurs(found.tags, project),
        value: name,
        drift: found.size === size ? [] : [{ path: '.size', before: found.size, after: size }],
        ...(found.why === undefined ? {} : { why: found.why }),
      };
    },
    async create(account) {
      account.call(`create ${id}`, () => {
        if (account.things.has(name)) throw new Refusal('exists', `${name} exists`);
        account.things.set(name, {
          tags: ownTags(project),
          state: 'pending',
          size,
          looks: account.patience,
        });
      });
    },
    async update(account) {
      account.call(`update ${id}`, () => {
        const found = account.things.get(name);
        if (found !== undefined) found.size = size;
      });
    },
    async delete(account, _seen, _found, { lastCopy }) {
      account.call(`delete ${id}`, () => {
        const users = [...account.things.keys()].filter((other) => usersOf.get(id)?.includes(other));
        if (users.length > 0) throw new Refusal('in-use', `${name} is used by ${users.join(', ')}`);
        const found = account.things.get(name);
        if (found === undefined) throw new Refusal('gone', `${name} is gone`);
        found.state = 'deleting';
        found.looks = account.patience;
        if (lastCopy && wish.holdsData === true)
          account.things.set(`${name}-last`, { tags: {}, state: 'ready', size: 0, looks: 0 });
      });
    },
  };
}

const network = thing({ id: 'network' });
const role = thing({ id: 'role' });
const cluster = thing({ id: 'cluster', needs: [network, role], size: 3 });
const database = thing({ id: 'database', needs: [network], holdsData: true });
const images = thing({ id: 'images' });

/** Names of the things that stand on one, by its id: the account refuses to let it go before them. */
const usersOf = new Map([
  ['network', [cluster.name, database.name]],
  ['role', [cluster.name]],
]);

/** What a project needs there. */
export const stack: readonly Resource<Account>[] = [network, role, cluster, database, images];

function sessionOf(account: Account): Session<Account> {
  return { api: account, account: '1', who: 'somebody', close: async () => {} };
}

const notHere = (): never => {
  throw new Error('nothing is there to connect to');
};

/** The cloud that is nowhere. */
export const nowhere: Cloud<Account> = {
  title: 'Nowhere',
  howToEnter: 'Name an account.',
  gateway: 'traefik',
  prices: {
    date: '2026-11',
    currency: 'USD',
    items: { thing: { text: 'a thing', monthly: 2.5, source: 'made up for tests' } },
  },
  check: () => [],
  stack: () => ({ resources: stack, registry: ['images'], indirect: [], choices: [] }),
  enter: async () => undefined,
  failure: (error) => (error instanceof Refusal ? error.failure : 'refused'),
  words: (error) => (error as Error).message,
  obstacles: async () => [],
  registry: async (): Promise<RegistryAccess> => ({
    url: 'https://images.example.com',
    name: 'images.example.com',
    prefix: 'shop',
    credentials: { username: 'somebody', password: new Secret('hidden') },
  }),
  cluster: notHere,
  point: notHere,
  nameServers: () => [],
  leftovers: async () => [],
};
