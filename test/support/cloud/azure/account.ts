import { randomUUID } from 'node:crypto';
import { actionOf, allows } from './actions.ts';
import { askedOf } from './asked.ts';
import { afterDelete, completed } from './consequences.ts';
import type { Models } from './models.ts';
import { type ArmPath, armPath, keyOf } from './path.ts';
import { type Item, needsTime, Refused, whyNot, whyNotDelete } from './rules.ts';

/** An answer of the account. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A subscription: what is in it, and what becomes of requests. It keeps to the rules in rules.ts. */
export class Subscription {
  readonly id = '11111111-2222-4333-8444-555555555555';
  readonly items = new Map<string, Item>();
  readonly registered = new Map<string, 'Registering' | 'Registered'>();
  readonly principals = new Map<string, string>();
  /** How many looks something that is being made or deleted takes. */
  looks = 1;
  /** What was asked for and takes time, by the identifier that its caller was given. */
  readonly operations = new Map<string, Item>();
  /** Where all this answers. */
  endpoint = 'https://localhost';
  /** Types whose next one fails, and why. */
  readonly failing = new Map<string, string>();
  /** Names that somebody else has all over the world. */
  readonly taken = new Set<string>();
  /** Actions that were asked for so far. */
  readonly asked = new Set<string>();
  /** Patterns of actions that the caller may do. */
  granted: readonly string[] = ['*'];
  quota: Readonly<Record<string, number>> = { cores: 100, PublicIPAddresses: 20, VirtualNetworks: 50 };
  readonly models: Models;

  constructor(models: Models) {
    this.models = models;
  }

  /** Answers a request that has been let in. */
  handle(method: string, path: string, query: URLSearchParams, body: unknown, asOther = false): Reply {
    const action = actionOf(method, path);
    if (!asOther) this.asked.add(action);
    if (!asOther && !this.granted.some((pattern) => allows(pattern, action)))
      return refusal(
        403,
        'AuthorizationFailed',
        `the client does not have authorization to perform '${action}'`,
      );
    try {
      return askedOf(this, method, path, query, body) ?? this.#resource(method, path, query, body);
    } catch (error) {
      if (error instanceof Refused) return refusal(error.status, error.code, error.message);
      throw error;
    }
  }

  #resource(method: string, path: string, query: URLSearchParams, body: unknown): Reply {
    const parsed = armPath(path);
    if (parsed === undefined) return refusal(404, 'InvalidResourceType', `there is nothing at ${path}`);
    if (parsed.subscription !== this.id)
      return refusal(
        404,
        'SubscriptionNotFound',
        `the subscription ${parsed.subscription} could not be found`,
      );
    const version = query.get('api-version') ?? '';
    if (!this.models.speaks(parsed.type, version))
      return refusal(400, 'NoRegisteredProviderFound', `no ${parsed.type} in the version '${version}'`);
    const key = keyOf(path);
    switch (method) {
      case 'GET':
        return this.#get(key, parsed);
      case 'PUT':
        return this.#put(key, path, parsed, body);
      case 'PATCH':
        return this.#patch(key, parsed, body);
      case 'DELETE':
        return this.#delete(key, parsed);
      default:
        return refusal(405, 'MethodNotAllowed', method);
    }
  }

  #get(key: string, parsed: ArmPath): Reply {
    const item = this.look(key);
    if (item !== undefined) return { status: 200, body: this.shown(item) };
    if (parsed.group !== undefined && parsed.type !== 'Microsoft.Resources/resourceGroups')
      this.groupOf(parsed);
    return refusal(404, 'ResourceNotFound', `the resource ${parsed.type}/${parsed.name} was not found`);
  }

  /** What is at a path; a look at what is on its way brings it nearer to its end. */
  look(key: string): Item | undefined {
    const item = this.items.get(key);
    if (item === undefined) return undefined;
    if (item.looks > 0) {
      item.looks -= 1;
      // Servers of databases cannot be seen at all while they begin to be made.
      return item.state === 'Creating' && /flexibleServers$/.test(item.type) ? undefined : item;
    }
    if (item.state === 'Deleting') {
      this.items.delete(key);
      afterDelete(this, item);
      return undefined;
    }
    if (item.state === 'Creating' || item.state === 'Updating') {
      const why = this.failing.get(item.type);
      this.failing.delete(item.type);
      item.state = why === undefined ? 'Succeeded' : 'Failed';
      if (why !== undefined) item.why = why;
      else completed(this, item);
      // A server that could not be made is nowhere: what became of it says the operation alone.
      if (why !== undefined && /flexibleServers$/.test(item.type)) {
        this.items.delete(key);
        return undefined;
      }
    }
    return item;
  }

  #put(key: string, path: string, parsed: ArmPath, body: unknown): Reply {
    const problem = this.models.problem(`PUT ${parsed.type}`, body);
    if (problem !== undefined) return refusal(400, 'InvalidRequestContent', problem);
    const wanted = body as Item['body'];
    this.#mayBeThere(parsed);
    const before = this.items.get(key);
    if (before !== undefined && /^(Creating|Updating|Deleting)$/.test(before.state) && needsTime(parsed.type))
      throw new Refused(409, 'AnotherOperationInProgress', `${parsed.name} is ${before.state}`);
    if (before !== undefined && before.body.location !== wanted.location)
      throw new Refused(
        409,
        'InvalidResourceLocation',
        `${parsed.name} is in ${before.body.location} already`,
      );
    whyNot(this, parsed, wanted, before);
    const item: Item = {
      path,
      type: parsed.type,
      name: parsed.name,
      ...(parsed.group === undefined ? {} : { group: keyOf(parsed.group) }),
      body: wanted,
      made: before?.made ?? { principal: randomUUID(), client: randomUUID() },
      state: needsTime(parsed.type) ? (before === undefined ? 'Creating' : 'Updating') : 'Succeeded',
      looks: needsTime(parsed.type) ? this.looks : 0,
    };
    this.items.set(key, item);
    if (item.state === 'Succeeded') completed(this, item);
    const operation = randomUUID();
    this.operations.set(operation, item);
    const told = `${this.endpoint}/subscriptions/${this.id}/providers/${parsed.type.split('/')[0]}/locations/any/operations/${operation}`;
    return {
      status: before === undefined ? 201 : 200,
      body: this.shown(item),
      headers: needsTime(parsed.type) ? { 'azure-asyncoperation': told, 'retry-after': '1' } : {},
    };
  }

  #patch(key: string, parsed: ArmPath, body: unknown): Reply {
    const problem = this.models.problem(`PATCH ${parsed.type}`, body);
    if (problem !== undefined) return refusal(400, 'InvalidRequestContent', problem);
    const item = this.items.get(key);
    if (item === undefined) return refusal(404, 'ResourceNotFound', `${parsed.name} was not found`);
    if (item.state !== 'Succeeded')
      throw new Refused(409, 'ServerIsBusy', `${parsed.name} is busy with another operation`);
    item.body = merged(item.body, body) as Item['body'];
    if (needsTime(parsed.type)) [item.state, item.looks] = ['Updating', this.looks];
    return { status: 202, body: this.shown(item) };
  }

  #delete(key: string, parsed: ArmPath): Reply {
    const item = this.items.get(key);
    if (item === undefined) return { status: 204 };
    if (item.state === 'Deleting') return { status: 202 };
    if (/^(Creating|Updating)$/.test(item.state) && /flexibleServers$/.test(item.type))
      throw new Refused(409, 'ServerIsBusy', `${parsed.name} is busy with another operation`);
    whyNotDelete(this, item);
    if (needsTime(item.type) || item.type === 'Microsoft.Resources/resourceGroups') {
      [item.state, item.looks] = ['Deleting', this.looks];
      return {
        status: 202,
        headers: { location: `https://management.invalid${item.path}`, 'retry-after': '1' },
      };
    }
    this.items.delete(key);
    afterDelete(this, item);
    return { status: 200 };
  }

  /** The service is switched on, and what it is to be in is there. */
  #mayBeThere(parsed: ArmPath): void {
    const [service = ''] = parsed.type.split('/');
    if (
      !/^Microsoft\.(Resources|Authorization)$/.test(service) &&
      this.registered.get(service) !== 'Registered'
    )
      throw new Refused(
        409,
        'MissingSubscriptionRegistration',
        `the subscription is not registered to use the namespace '${service}'`,
      );
    if (parsed.type === 'Microsoft.Resources/resourceGroups') return;
    const group = this.groupOf(parsed);
    if (group.state === 'Deleting')
      throw new Refused(409, 'ResourceGroupBeingDeleted', `the group ${parsed.group} is being deleted`);
    if (parsed.parent !== undefined && this.items.get(keyOf(parsed.parent)) === undefined)
      throw new Refused(404, 'ParentResourceNotFound', `${parsed.parent} could not be found`);
  }

  /** The group that a path is in. Throws Refused where it is not there. */
  groupOf(parsed: ArmPath): Item {
    const group = this.items.get(keyOf(`/subscriptions/${this.id}/resourceGroups/${parsed.group}`));
    if (group === undefined)
      throw new Refused(404, 'ResourceGroupNotFound', `Resource group '${parsed.group}' could not be found.`);
    return group;
  }

  /** A resource as it is answered. */
  shown(item: Item): object {
    const { path, type, name, body, state, made, why } = item;
    const { properties = {}, ...rest } = body;
    // What is secret is never answered.
    const { administratorLoginPassword: _, ...open } = properties;
    return {
      id: path,
      name,
      type,
      ...rest,
      properties: {
        ...open,
        ...(/^Microsoft\.(Authorization|Network\/dnsZones\/)/.test(type) ? {} : { provisioningState: state }),
        ...(item.answers === undefined ? {} : item.answers(state)),
        ...(/userAssignedIdentities$/.test(type)
          ? { principalId: made.principal, clientId: made.client, tenantId: tenant }
          : {}),
        ...(why !== undefined && /managedClusters$/.test(type)
          ? { status: { provisioningError: { code: 'Failed', message: why } } }
          : {}),
      },
    };
  }

  /** Where a registry is. */
  loginServer: (name: string) => string = (name) => `${name}.azurecr.io`;

  /** Where a database server is. */
  databaseHost: (name: string) => string = (name) => `${name}.postgres.database.azure.com`;

  /** The kubeconfig of a cluster, in base64; replaced where there is a real API server. */
  kubeconfig: (item: Item) => string = () => '';

  /** All that there is, without what is random. */
  inventory(): readonly string[] {
    const all = [...this.items.values()].map((item) => {
      const name =
        item.type === 'Microsoft.Authorization/roleAssignments' ? this.#assignment(item) : item.path;
      const { administratorLoginPassword: _, issuer: __, ...properties } = item.body.properties ?? {};
      const shown =
        item.type === 'Microsoft.Authorization/roleAssignments' ? {} : { ...item.body, properties };
      return `${name.replace(`/subscriptions/${this.id}`, '')} ${item.state} ${JSON.stringify(shown)}`;
    });
    return all.sort();
  }

  #assignment(item: Item): string {
    const { principalId = '', roleDefinitionId = '' } = item.body.properties ?? {};
    const scope = item.path.slice(0, item.path.lastIndexOf('/providers/'));
    return `${scope} ${this.principals.get(String(principalId))} ${String(roleDefinitionId).split('/').at(-1)}`;
  }
}

export const tenant = '99999999-8888-4777-8666-555555555555';

/** An answer that refuses. */
export function refusal(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message } } };
}

function merged(before: unknown, after: unknown): unknown {
  if (!isRecord(before) || !isRecord(after)) return after;
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, key in after ? merged(before[key], after[key]) : before[key]]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
