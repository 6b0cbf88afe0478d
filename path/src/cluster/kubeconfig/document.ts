import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { UserMistake } from '../../core/failure.ts';
import { oneLine } from '../../core/one-line.ts';

const nouns: Readonly<Record<string, string>> = { array: 'list', object: 'map of keys', string: 'text' };

type Settings = Readonly<Record<string, unknown>>;

const entries = z.array(z.looseObject({ name: z.string() })).nullish();
const schema = z.looseObject({
  'current-context': z.string().nullish(),
  contexts: entries,
  clusters: entries,
  users: entries,
});

/** One of a kubeconfig's named entries. */
export interface Entry {
  readonly name: string;
  readonly value: Settings;
}

/** A kubeconfig (v1 Config), its lists as they are and every path in it absolute. */
export interface KubeconfigDocument {
  readonly currentContext?: string;
  readonly contexts: readonly Entry[];
  readonly clusters: readonly Entry[];
  readonly users: readonly Entry[];
}

/** Settings that name a file, seen from the kubeconfig's own folder. */
const fileSettings = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/**
 * Reads a kubeconfig. Files that it names are seen from its own folder, and so is a program that is named by a path.
 * @throws UserMistake where it is none; the text shows nothing of its content
 */
export function readDocument(text: string, file: string): KubeconfigDocument {
  const { 'current-context': current, contexts, clusters, users } = parsed(text, file);
  const folder = dirname(resolve(file));
  const located = (list: readonly Entry[]) =>
    list.map(({ name, value }) => ({ name, value: withPaths(value, folder) }));
  return {
    ...(current ? { currentContext: current } : {}),
    contexts: named(contexts, 'context'),
    clusters: located(named(clusters, 'cluster')),
    users: located(named(users, 'user')),
  };
}

function named(list: z.output<typeof entries>, key: string): readonly Entry[] {
  return (list ?? []).map((entry) => {
    const value = entry[key];
    return { name: entry.name, value: typeof value === 'object' && value !== null ? { ...value } : {} };
  });
}

function parsed(text: string, file: string): z.output<typeof schema> {
  const next = 'Mend the file, or name another one.';
  let value: unknown;
  try {
    // Of two keys of one name kubectl takes the last; looking for them takes the square of their number.
    value = parse(text, { logLevel: 'error', uniqueKeys: false });
  } catch {
    // The parser's own message shows a piece of the file, and the file holds keys.
    throw new UserMistake({ what: 'this kubeconfig is no YAML', where: { file }, next });
  }
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const kind =
    issue?.code === 'invalid_type' ? (nouns[issue.expected] ?? issue.expected) : 'value that it may have';
  const what = oneLine(`this is no kubeconfig: ${issue?.path.join('.') || 'it'} is no ${kind}`);
  throw new UserMistake({ what, where: { file }, next });
}

function withPaths(value: Settings, folder: string): Settings {
  const changed = Object.entries(value).map(([name, setting]) => {
    if (fileSettings.includes(name) && typeof setting === 'string' && setting !== '')
      return [name, isAbsolute(setting) ? setting : join(folder, setting)];
    return [name, name === 'exec' ? withProgram(setting, folder) : setting];
  });
  return Object.fromEntries(changed);
}

function withProgram(exec: unknown, folder: string): unknown {
  if (typeof exec !== 'object' || exec === null || !('command' in exec)) return exec;
  const { command } = exec;
  // A mere name is looked for on PATH.
  if (typeof command !== 'string' || !command.includes(sep) || isAbsolute(command)) return exec;
  return { ...exec, command: join(folder, command) };
}

/** Several kubeconfigs as one: of each name the first entry counts, and the first current context. */
export function merged(documents: readonly KubeconfigDocument[]): KubeconfigDocument {
  const current = documents.find(({ currentContext }) => currentContext !== undefined)?.currentContext;
  const first = (key: 'contexts' | 'clusters' | 'users') => {
    const all = documents.flatMap((document) => document[key]);
    return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
  };
  return {
    ...(current === undefined ? {} : { currentContext: current }),
    contexts: first('contexts'),
    clusters: first('clusters'),
    users: first('users'),
  };
}
