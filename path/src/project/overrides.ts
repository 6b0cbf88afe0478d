import type { z } from 'zod';
import type { Problem } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';
import { targetParts } from './schema.ts';

/**
 * What this process's environment says instead of ptp.yaml, so that a second system (a test's, a branch's) can run
 * beside the first from the same file: `PTP_INSTANCE`, `PTP_HTTP_PORT`, `PTP_HTTPS_PORT`, `PTP_DOMAIN`,
 * `PTP_NODES`, `PTP_MONITORING`.
 */
export interface Overrides {
  readonly instance?: string;
  readonly http?: number;
  readonly https?: number;
  readonly domain?: string;
  readonly nodes?: number;
  readonly monitoring?: 'cluster' | 'none';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the variables; an empty one counts as unset. A wrong one is a problem and is left out. */
export function overridesFrom(env: Environment): {
  readonly overrides: Overrides;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const read = <Value>(variable: string, parse: (text: string) => Parsed<Value>): Value | undefined => {
    const text = env[variable];
    if (text === undefined || text === '') return undefined;
    const parsed = parse(text);
    if ('value' in parsed) return parsed.value;
    const [what = '', next = 'Mend it.'] = parsed.message.split('\n');
    problems.push({
      what: oneLine(`the environment variable ${variable}: "${text}" ${what}`),
      where: { key: variable },
      next,
    });
    return undefined;
  };
  const overrides = {
    ...optional('instance', read('PTP_INSTANCE', checked(targetParts.name))),
    ...optional('http', read('PTP_HTTP_PORT', numbered(targetParts.port, noPort))),
    ...optional('https', read('PTP_HTTPS_PORT', numbered(targetParts.port, noPort))),
    ...optional('domain', read('PTP_DOMAIN', checked(targetParts.domain))),
    ...optional(
      'nodes',
      read('PTP_NODES', numbered(targetParts.nodes, 'is no number of nodes\nUse 1 to 9.')),
    ),
    ...optional('monitoring', read('PTP_MONITORING', checked(targetParts.monitoring))),
  };
  return { overrides, problems };
}

type Parsed<Value> = { readonly value: Value } | { readonly message: string };

const checked =
  <Value extends string>(schema: z.ZodType<Value>) =>
  (text: string): Parsed<Value> => {
    const parsed = schema.safeParse(text);
    return parsed.success
      ? { value: parsed.data }
      : { message: parsed.error.issues[0]?.message ?? 'is wrong' };
  };

const noPort = 'is no port\nUse 1 to 65535.';

const numbered =
  (schema: typeof targetParts.port | typeof targetParts.nodes, message: string) =>
  (text: string): Parsed<number> => {
    const value = Number(text);
    const parsed = /^\d+$/.test(text) ? schema.safeParse(value) : undefined;
    return parsed?.success === true ? { value } : { message };
  };

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
