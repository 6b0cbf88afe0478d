import { api, countOf, isRow, rowPath } from '../core/data-interface.ts';
import type { TrafficKind } from '../core/handover.ts';
import type { Rows } from './rows.ts';
import { type Ask, type Failed, failureOf, type Seen, wrongStatus } from './send.ts';

/** One kind of request: what to ask, and what is wrong with an answer to it. */
export interface Kind {
  readonly name: TrafficKind;
  ask(): Ask;
  /** @param send asks once more, for what only that can tell */
  judge(seen: Seen, ask: Ask, send: Send): Verdict | Promise<Verdict>;
}

/** Undefined where all is well. `superseded`: an asset that the version before had, and the page no longer names. */
export type Verdict = Failed | 'superseded' | undefined;

/** Asks for something, apart from what is measured. */
export type Send = (ask: Ask) => Promise<Seen>;

/** What a system answers properly before anything is changed. */
export interface Probed {
  /** In the order in which they are asked in turn; empty where the system does not serve. */
  readonly kinds: readonly Kind[];
  /** Why there are none. */
  readonly silent?: string;
}

export interface ProbeOptions {
  readonly url: string;
  /** The paths of the components that have a route. */
  readonly paths: readonly string[];
  /** Whether rows may be written. */
  readonly writes: boolean;
  readonly rows: Rows;
}

/** Milliseconds that an asset is read for: a client that is slow, or a body that is long. */
const slow = 1000;

/**
 * How often a page is loaded again whose file is not there, a third of a second apart: for as long as two versions serve
 * side by side, and a connection leads to the one before.
 */
const reloads = 15;

/**
 * How many at once then ask for the file that it names: while two versions serve side by side, one after the other may
 * be led to the same wrong one for a second, and many at once are not all led to one.
 */
const together = 4;

/** Candidates among a page's assets that are asked for their size. */
const candidates = 12;

/** Finds out what the system answers, by asking each kind of request once. */
export async function probe(send: Send, { url, paths, writes, rows }: ProbeOptions): Promise<Probed> {
  const tries = await Promise.all(
    paths.map(async (path) => ({ path, seen: await send({ method: 'GET', path }).catch(failureOf) })),
  );
  const served = tries.flatMap(({ path, seen }) =>
    'status' in seen && seen.status < 500 ? [{ path, seen }] : [],
  );
  if (served.length === 0) return { kinds: [], silent: silence(tries) };
  const pages = served.map(({ path, seen }) => page(path, seen));
  const [asset, data] = await Promise.all([
    longAnswer(send, url, served),
    dataKinds(send, { url, writes, rows }),
  ]);
  return { kinds: [...interleaved(pages, data), ...asset] };
}

/** Between two requests for data stands a page, until every page has had its turn. */
function interleaved(pages: readonly Kind[], data: readonly Kind[]): readonly Kind[] {
  const length = Math.max(pages.length, data.length);
  return Array.from({ length }, (_, index) => [pages[index % pages.length], data[index]])
    .flat()
    .filter((kind) => kind !== undefined);
}

function silence(tries: readonly { readonly path: string; readonly seen: Seen | Failed }[]): string {
  const [first] = tries;
  if (first === undefined) return 'no component has a route';
  const { path, seen } = first;
  return `GET ${path}: ${'status' in seen ? seen.status : seen.what}`;
}

/** A path with a route. A status of 4xx may be the application's own, and is then what is expected of it. */
function page(path: string, before: Seen): Kind {
  return {
    name: 'page',
    ask: () => ({ method: 'GET', path }),
    judge(seen) {
      if (seen.status >= 400 && seen.status !== before.status) return wrongStatus(seen.status);
      const empty = seen.status < 300 && seen.status !== 204 && seen.bytes === 0 && before.bytes > 0;
      return empty ? { kind: 'content', what: 'an empty body' } : undefined;
    },
  };
}

/** The largest file that a page names, read slowly; nothing where no page names any. */
async function longAnswer(
  send: Send,
  url: string,
  pages: readonly { readonly path: string; readonly seen: Seen }[],
): Promise<readonly Kind[]> {
  const from = pages.map(({ path, seen }) => ({ path, assets: assetsOf(seen, path, url) }));
  const found = from.find(({ assets }) => assets.length > 0);
  if (found === undefined) return [];
  const sized = await Promise.all(
    found.assets.slice(0, candidates).map(async (path) => {
      const seen = await send({ method: 'GET', path }).catch(() => undefined);
      return { path, bytes: seen?.status === 200 ? seen.bytes : 0 };
    }),
  );
  const largest = sized.toSorted((one, other) => other.bytes - one.bytes)[0];
  return largest === undefined || largest.bytes === 0 ? [] : [assetKind(found.path, url, largest)];
}

/**
 * A page's largest file. A page and its files are of one version; while two of them serve, a file may be asked of the
 * other one. Whoever loads the page again gets it, so where that helps it is counted apart from failures.
 */
function assetKind(
  pagePath: string,
  url: string,
  first: { readonly path: string; readonly bytes: number },
): Kind {
  let asset = first;
  return {
    name: 'asset',
    ask: () => ({
      method: 'GET',
      path: asset.path,
      slowly: { milliseconds: slow, bytes: asset.bytes },
    }),
    async judge(seen, asked, send) {
      if (seen.status === 200)
        return seen.bytes === 0 ? { kind: 'content', what: 'an empty body' } : undefined;
      if (seen.status !== 404 && seen.status !== 410) return wrongStatus(seen.status);
      for (let attempt = 1; attempt <= reloads; attempt++) {
        const reloaded = await send({ method: 'GET', path: pagePath }).catch(() => undefined);
        const path =
          reloaded === undefined ? undefined : successor(assetsOf(reloaded, pagePath, url), asked.path);
        const found = path === undefined ? undefined : await anyAnswer(send, path);
        if (path === undefined || found === undefined) {
          await new Promise((resolve) => setTimeout(resolve, 300));
          continue;
        }
        asset = { path, bytes: found.bytes };
        return 'superseded';
      }
      return wrongStatus(seen.status);
    },
  };
}

/** A good answer that one of those who ask at once has got. */
async function anyAnswer(send: Send, path: string): Promise<Seen | undefined> {
  const ask = () => send({ method: 'GET', path }).catch(() => undefined);
  const all = await Promise.all(Array.from({ length: together }, ask));
  return all.find((seen) => seen?.status === 200);
}

/** The asset that most likely came in another's place: with the same ending, else any. */
function successor(assets: readonly string[], before: string): string | undefined {
  const ending = /\.[^./]*$/.exec(before)?.[0] ?? '';
  return assets.find((path) => path.endsWith(ending)) ?? assets[0];
}

/** The paths of what a page loads from its own origin. */
export function assetsOf({ headers, body }: Pick<Seen, 'headers' | 'body'>, path: string, url: string) {
  if (!String(headers['content-type'] ?? '').startsWith('text/html')) return [];
  const base = new URL(path, url);
  const named = [
    ...body.matchAll(/<(?:script|link|img|source)\b[^>]*?\s(?:src|href)\s*=\s*["']?([^"'\s>]+)/gi),
  ];
  const paths = named.flatMap(([, written = '']) => {
    if (!URL.canParse(written, base.href)) return [];
    const { origin, pathname, search } = new URL(written, base);
    return origin === base.origin ? [pathname + search] : [];
  });
  return [...new Set(paths)].filter((each) => each !== base.pathname);
}

/** The kinds of the interface that makes data, where the system has it. Rows are read only where some are written. */
async function dataKinds(
  send: Send,
  { url, writes, rows }: Omit<ProbeOptions, 'paths'>,
): Promise<readonly Kind[]> {
  const before = await send({ method: 'GET', path: api }).catch(() => undefined);
  if (before === undefined || countOf(before) === undefined) return [];
  const count: Kind = {
    name: 'count',
    ask: () => ({ method: 'GET', path: api }),
    judge: (seen) => {
      if (seen.status !== 200) return wrongStatus(seen.status);
      return countOf(seen) === undefined ? { kind: 'content', what: 'no count' } : undefined;
    },
  };
  if (!writes) return [count];
  const write: Kind = {
    name: 'write',
    ask: () => ({ method: 'POST', path: api }),
    judge: (seen) => {
      if (seen.status !== 201) return wrongStatus(seen.status);
      const path = rowPath(seen.headers.location, url);
      if (path === undefined) return { kind: 'content', what: 'no Location' };
      rows.keep(path);
      return undefined;
    },
  };
  const read: Kind = {
    name: 'read',
    ask: () => ({ method: 'GET', path: rows.next() ?? api }),
    judge: (seen, { path }) => {
      if (seen.status !== 200) return wrongStatus(seen.status);
      return isRow(seen.body, path) ? undefined : { kind: 'content', what: 'another row' };
    },
  };
  // The first row tells whether the interface is the one it looks like; until it is there none can be read.
  const made = await send(write.ask()).catch(() => undefined);
  if (made === undefined || (await write.judge(made, write.ask(), send)) !== undefined) return [count];
  const ask = read.ask();
  const row = await send(ask).catch(() => undefined);
  if (row === undefined || (await read.judge(row, ask, send)) !== undefined) return [count];
  return [write, read, count];
}
