import { getCACertificates } from 'node:tls';
import type { z } from 'zod';
import type { Secret } from '../../core/secret.ts';
import { endpointOf, type Service } from './endpoints.ts';
import { CredentialsEnded, errorOf, GoogleError, NoAnswer } from './error.ts';
import { filled } from './fill.ts';
import { Operations } from './operations.ts';

/** Milliseconds that an answer may take. */
const answerTime = 60_000;

/** A call of a service. `{project}` in its path, query and body becomes the project's id. */
export interface Request {
  readonly service: Service;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the service's endpoint: `v1/projects/{project}/locations/europe-west1/clusters`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
}

/** What calls need: headers that let them in, and where services are. */
export interface Door {
  readonly project: string;
  /** The project's number, by which some services want it. */
  readonly number: string;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Headers with credentials that are good for this call. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** An access token by itself, for the cluster and for the registry. */
  token(): Promise<Secret>;
}

/**
 * Calls of Google's services by REST, as their discovery documents describe them. Each is made once: whoever calls
 * decides what an error means and whether to call again.
 */
export class GoogleApi {
  readonly project: string;
  readonly number: string;
  readonly signal: AbortSignal;
  readonly token: () => Promise<Secret>;
  /** Operations that services have begun for us, by the resources that they are about. */
  readonly operations = new Operations();
  readonly #door: Door;
  #agent:
    | Promise<{ fetch: typeof import('undici').fetch; dispatcher: import('undici').Dispatcher }>
    | undefined;

  constructor(door: Door) {
    this.#door = door;
    this.project = door.project;
    this.number = door.number;
    this.signal = door.signal;
    this.token = () => door.token();
  }

  /**
   * Asks a service.
   * @returns its answer; an empty one is `{}`
   * @throws GoogleError for what it refuses, NoAnswer, CredentialsEnded, TypeError where the answer is none that we know
   */
  async ask<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.infer<Schema>> {
    const { service, method = 'GET', query = {} } = request;
    const url = new URL(filled(request.path, this.#door), endpointOf(service, this.#door.env));
    for (const [key, value] of Object.entries(filled(query, this.#door)))
      for (const each of [value].flat()) url.searchParams.append(key, each);
    const changes = method !== 'GET' && !/:(testIamPermissions|getIamPolicy)$/.test(url.pathname);
    const { status, text } = await this.#send(url, method, filled(request.body, this.#door), changes);
    const body = json(text);
    if (status === 401) throw new CredentialsEnded(errorOf(status, body, changes).message);
    if (status < 200 || status > 299) throw errorOf(status, body, changes);
    const parsed = schema.safeParse(body ?? {});
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new TypeError(`${service} answered what is not known: ${issue?.path.join('.')}: ${issue?.message}`);
  }

  /** The same; undefined where what is asked for is not there, or the service is not enabled in the project. */
  async find<Schema extends z.ZodType>(
    request: Request,
    schema: Schema,
  ): Promise<z.infer<Schema> | undefined> {
    try {
      return await this.ask(request, schema);
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error;
      if (error.status === 404 || error.is('SERVICE_DISABLED', 'accessNotConfigured')) return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    await (await this.#agent)?.dispatcher.destroy();
  }

  async #send(
    url: URL,
    method: string,
    body: unknown,
    changes: boolean,
  ): Promise<{ status: number; text: string }> {
    const headers = await this.#door.headers();
    this.#agent ??= load();
    const { fetch, dispatcher } = await this.#agent;
    const signal = AbortSignal.any([this.#door.signal, AbortSignal.timeout(answerTime)]);
    try {
      const response = await fetch(url, {
        method,
        dispatcher,
        signal,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      this.#door.signal.throwIfAborted();
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new NoAnswer(`${url.host} did not answer: ${why}`, changes, { cause: error });
    }
  }
}

async function load() {
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const ca = [...getCACertificates('default'), ...getCACertificates('system')];
  return { fetch, dispatcher: new EnvHttpProxyAgent({ connect: { ca }, requestTls: { ca } }) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text, (_key, member) => member ?? undefined);
  } catch {
    return undefined;
  }
}
