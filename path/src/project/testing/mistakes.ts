import fc from 'fast-check';
import { stringify } from 'yaml';

/** A system with every key that there is. */
export const base = {
  name: 'shop',
  components: {
    web: {
      source: 'src',
      builder: 'node',
      base: `r.example.com/node@sha256:${'0'.repeat(64)}`,
      route: '/',
      port: 8080,
      management: 9090,
      env: { API: 'http://api:8080', PLAIN: 'x' },
      files: { '/etc/app/a.json': 'conf.json' },
      needs: ['store'],
      migrate: ['node', 'migrate.ts'],
      replicas: 2,
      resources: { cpu: '100m', memory: '128Mi', memoryLimit: '256Mi' },
    },
    api: {
      source: 'src',
      go: { main: 'cmd/api', tags: ['netgo'], ldflags: '-X main.version=1' },
      needs: ['store'],
    },
  },
  services: { store: { type: 'postgres', version: 17, storage: '1Gi' } },
  rollout: { rate: 40, maxErrors: '0.5%', maxLatency: 500, writes: false },
  targets: {
    local: {
      cluster: 'local',
      domain: 'shop.localhost',
      namespace: 'shop',
      instance: 'shop',
      ports: { http: 80, https: 443 },
    },
    far: {
      cluster: 'kubeconfig',
      domain: 'shop.example.com',
      registry: 'r.example.com/shop',
      context: 'far',
    },
  },
} as const;

type Keys = readonly string[];

/** Each value that is wrong by itself at its key, whatever stands elsewhere. `undefined` takes the key away. */
export const spots: readonly (readonly [path: string, wrong: readonly unknown[]])[] = [
  ['name', ['Shop', '', 'a'.repeat(41), 7, null, [], {}, undefined]],
  ['components.web.source', ['nowhere', '', 5, null, ['src'], { a: 1 }, undefined]],
  ['components.api.source', ['conf.json', 'x'.repeat(5000), true]],
  ['components.web.builder', ['nod', 3, null, ['node'], { toString: 1, valueOf: 2 }]],
  ['components.api.go.main', ['../api', '/api', '.', 'cmd/', '', 5]],
  ['components.api.go.tags', ['netgo', 3, {}]],
  ['components.api.go.ldflags', ['main.version=1', '', 1]],
  ['components.web.base', ['node:latest', '', 4]],
  ['components.web.route', ['shop', '/shop/', '/a b', 0]],
  ['components.web.port', [0, 65_536, '8080', 80.5, Number.POSITIVE_INFINITY, Number.NaN, 1e300, -1e300]],
  ['components.api.management', [0, null, [9090], 'x']],
  ['components.web.env.API', [5, null, [], { a: 1 }, true]],
  ['components.web.env.not-a-name', ['x']],
  ['components.api.env', ['A=b', ['A=b'], 1]],
  ['components.web.files./etc/app/a.json', ['missing.json', '', 'src', 5, '/dev/zero']],
  ['components.web.files./etc/../x', ['conf.json']],
  ['components.web.needs', ['store', 5, {}]],
  ['components.web.migrate', ['node migrate.ts', [], 3]],
  ['components.web.replicas', [0, 101, '2', 1.5, -1]],
  ['components.web.resources.cpu', ['much', 1, '', '-1', '0']],
  ['components.web.resources.memory', ['lots', '512m', 1024, '']],
  ['components.web.resources.memoryLimit', ['lots', '1Ki', null]],
  ['components.web.soruce', ['src', null, {}]],
  ['components.api.constructor', [1]],
  ['services.store.type', ['mysql', null, 4, undefined]],
  ['services.store.version', [16, 18, '17', 17.5]],
  ['services.store.storage', ['1Mi', 'big', 7]],
  ['services.store.sise', ['1Gi']],
  ['rollout.rate', [-1, 2001, '40', 1.5, null]],
  ['rollout.maxErrors', ['0.5', '101%', '-1%', -1, 0.5, true, null, {}, [1]]],
  ['rollout.maxLatency', [0, 60_001, '500', {}]],
  ['rollout.writes', ['yes', 1, null]],
  ['rollout.rates', [1]],
  ['targets.local.cluster', ['locl', 'Local']],
  ['targets.local.domain', ['https://x.example', 'X.example', '', 5]],
  ['targets.local.namespace', ['Shop', null]],
  ['targets.local.ports.http', [0, '80', 70_000]],
  ['targets.local.ports.htps', [1]],
  ['targets.far.registry', ['', 5, undefined]],
  ['targets.far.context', ['', 5]],
  ['version', [1, 'two']],
];

/** Sets the part of a document at a path; what the document lacks on the way is made. */
export function set(document: unknown, path: Keys, value: unknown): void {
  const [key = '', ...rest] = path;
  const map = document as Record<string, unknown>;
  if (rest.length > 0) {
    if (!Object.hasOwn(map, key)) map[key] = {};
    set(map[key], rest, value);
  } else if (value === undefined) delete map[key];
  else map[key] = value;
}

/** Keys hold dots in one place only: paths of files. */
export function keysOf(path: string): Keys {
  const slash = path.indexOf('./');
  if (slash === -1) return path.split('.');
  return [...path.slice(0, slash).split('.'), path.slice(slash + 1)];
}

/** Ways of writing the same document. */
export const styles = fc.record({
  indent: fc.constantFrom(1, 2, 4, 8),
  flow: fc.boolean(),
  crlf: fc.boolean(),
  mark: fc.boolean(),
});
type Style = typeof styles extends fc.Arbitrary<infer T> ? T : never;

/** A document as text in that way. */
export function written(document: unknown, style: Style): string {
  const options = {
    indent: style.indent,
    lineWidth: 0,
    collectionStyle: style.flow ? 'flow' : 'any',
  } as const;
  const text = stringify(document, { ...options, aliasDuplicateObjects: false });
  return `${style.mark ? '\ufeff' : ''}${style.crlf ? text.replaceAll('\n', '\r\n') : text}`;
}
