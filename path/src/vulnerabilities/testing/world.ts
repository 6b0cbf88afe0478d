import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Event } from '../../core/event.ts';
import type { ImageContents, Package } from '../../core/package.ts';
import { nodeClock } from '../../effects/node/clock.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { zipOf } from './zip.ts';

/** A context with a cache of its own whose clock stands at a moment. */
export function newContext(now = '2026-06-01T12:00:00Z') {
  const events: Event[] = [];
  let moment = new Date(now);
  return {
    cache: newFolder(),
    events,
    emit: (event: Event) => events.push(event),
    clock: { ...nodeClock, now: () => moment },
    processes: nodeProcesses,
    signal: new AbortController().signal,
    /** Sets the clock. */
    at(then: string) {
      moment = new Date(then);
    },
    /** What was warned of so far. */
    warnings: () => events.flatMap((event) => (event.kind === 'warning' ? [event.problem] : [])),
  };
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'ptp-vulnerabilities-'));
}

/** An entry of OSV as far as this needs to know it. */
type AnyEntry = Readonly<Record<string, unknown>> & { readonly id: string };

/** Writes entries of OSV, each a file of a folder, and returns the folder. */
export function entryFolder(entries: readonly AnyEntry[], folder = newFolder()): string {
  for (const entry of entries) {
    const file = join(folder, `${entry.id}.json`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(entry));
  }
  return folder;
}

/** An archive as OSV publishes it for an ecosystem. */
export function entryZip(entries: readonly AnyEntry[]): Buffer {
  return zipOf(Object.fromEntries(entries.map((entry) => [`${entry.id}.json`, JSON.stringify(entry)])));
}

export const lodash: Package = {
  ecosystem: 'npm',
  name: 'lodash',
  version: '4.17.20',
  purl: 'pkg:npm/lodash@4.17.20',
};
export const openssl: Package = {
  ecosystem: 'debian',
  name: 'libssl3t64',
  version: '3.5.1-1',
  source: 'openssl',
  architecture: 'amd64',
  release: '13',
  purl: 'pkg:deb/debian/libssl3t64@3.5.1-1?arch=amd64&distro=trixie',
};
export const goNet: Package = {
  ecosystem: 'golang',
  name: 'golang.org/x/net',
  version: 'v0.37.0',
  purl: 'pkg:golang/golang.org/x/net@v0.37.0',
};

/** An image of some packages. */
export function imageOf(packages: readonly Package[], image = 'backend'): ImageContents {
  return { image, digest: `sha256:${'0'.repeat(64)}`, packages };
}

/** A mirror of OSV: ecosystem → archive. Answers with ETags, and counts what it was asked. */
export async function fakeMirror(archives: Record<string, Buffer>) {
  const asked: string[] = [];
  let down = false;
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['if-none-match'] ?? ''}`.trim());
    if (down) {
      response.writeHead(503).end();
      return;
    }
    const name = decodeURIComponent(
      /^\/(?<name>[^/]+)\/all\.zip$/.exec(request.url ?? '')?.groups?.name ?? '',
    );
    const archive = archives[name];
    if (archive === undefined) {
      response.writeHead(404).end();
      return;
    }
    const etag = `"${archive.length}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(archive);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    archives,
    goDown() {
      down = true;
    },
  };
}
