import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import { UserMistake } from '../core/failure.ts';
import { loadProject } from './load.ts';
import type { Project } from './project.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-project-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Writes ptp.yaml, a folder for each name in `sources`, and `files`. */
async function write(yaml: string, sources: readonly string[] = [], files: Record<string, string> = {}) {
  const file = join(folder, 'ptp.yaml');
  await writeFile(file, yaml);
  for (const source of sources) await mkdir(join(folder, source), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return file;
}

/** The problems, each as `line:column key: what → next`. */
async function problemsOf(file: string, target?: string, env: Record<string, string> = {}) {
  const error: unknown = await loadProject(file, target, { env }).then(
    () => new Error('it loaded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserMistake)) throw error;
  return error.problems.map(({ what, where, next }) => {
    const at = where?.line === undefined ? (where?.key ?? '') : `${where.line}:${where.column} ${where.key}`;
    return `${at}: ${what} → ${next}`;
  });
}

async function load(file: string, env: Record<string, string> = {}, target?: string) {
  const events: Event[] = [];
  const project: Project = await loadProject(file, target, { env, emit: (event) => events.push(event) });
  const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.problem] : []));
  return { project, warnings };
}

test('the smallest file gets every default', async () => {
  const file = await write('name: shop\ncomponents:\n  web:\n    source: web\n    route: /\n', ['web']);
  const { project, warnings } = await load(file);
  expect(warnings).toEqual([]);
  expect(project).toEqual({
    name: 'shop',
    folder,
    components: [
      {
        name: 'web',
        source: join(folder, 'web'),
        route: '/',
        port: 8080,
        management: 9090,
        env: {},
        files: {},
        needs: [],
        replicas: 2,
        scale: { max: 4, cpu: { quantity: '500m' }, up: 60, down: 300 },
        resources: { cpu: '100m', memory: '128Mi', memoryLimit: '256Mi' },
        talksTo: [],
      },
    ],
    services: [],
    target: {
      name: 'local',
      cluster: 'local',
      domain: 'shop.localhost',
      namespace: 'shop',
      instance: 'shop',
      ports: { http: 80, https: 443 },
      nodes: 1,
      monitoring: 'cluster',
      uncommitted: 'allow',
    },
    slo: { availability: 0.995, latency: { within: 500, share: 0.99 }, window: 30 },
    alerts: {},
    rollout: { rate: 40, maxErrors: { share: 0.005 }, deadline: 300, migrationDeadline: 600, writes: true },
    vulnerabilities: {
      block: 'critical',
      warn: 'high',
      unfixed: 'warn',
      withoutDatabase: 'warn',
      accept: [],
    },
    secrets: { allow: [] },
  } satisfies Project);
});

test('what is scaled: what says nothing of copies and is bound to no service, or what says so', async () => {
  const scaleOf = async (keys: string, monitoring = 'cluster') => {
    const more = `services:\n  data: { type: postgres }\ntargets:\n  local: { cluster: local, monitoring: ${monitoring} }\n`;
    const text = `name: shop\ncomponents:\n  web: { source: web, route: /, ${keys} }\n${more}`;
    const [web] = (await load(await write(text, ['web']))).project.components;
    return [web?.replicas, web?.scale?.max, web?.scale?.cpu];
  };
  expect(await scaleOf('port: 80')).toEqual([2, 4, { quantity: '500m' }]);
  expect(await scaleOf('needs: [data]')).toEqual([2, undefined, undefined]);
  expect(await scaleOf('replicas: 3')).toEqual([3, undefined, undefined]);
  expect(await scaleOf('port: 80', 'none')).toEqual([2, undefined, undefined]);
  expect(await scaleOf('needs: [data], scale: {}')).toEqual([2, 4, { quantity: '500m' }]);
  expect(await scaleOf('replicas: 3, scale: { max: 9, cpu: 80% }')).toEqual([3, 9, { percent: 80 }]);
  for (const [keys, problem] of [
    ['replicas: 3, scale: { max: 2 }', 'at most 2 is fewer than the 3 copies that always run'],
    ['scale: { max: 1 }', 'at most 1 is fewer than the 2 copies that always run'],
    ['scale: { cpu: 0% }', 'is neither processor time nor a percentage'],
    ['scale: { cpu: much }', 'is neither processor time nor a percentage'],
  ] as const)
    await expect(scaleOf(keys)).rejects.toThrow(problem);
});

test('how a rollout is measured: what is said counts, and rows are written elsewhere only where that is', async () => {
  const text = (more: string) =>
    `name: shop\ncomponents:\n  web:\n    source: web\n    route: /\n${more}targets:\n  far:\n    cluster: kubeconfig\n    domain: shop.example.com\n    registry: r.example.com/shop\n`;
  const rolloutOf = async (more: string) => (await load(await write(text(more), ['web']))).project.rollout;
  expect(await rolloutOf('')).toEqual({
    rate: 40,
    maxErrors: { share: 0.005 },
    deadline: 300,
    migrationDeadline: 600,
    writes: false,
  });
  expect(await rolloutOf('rollout: { rate: 0, maxErrors: 3, maxLatency: 250, writes: true }\n')).toEqual({
    rate: 0,
    maxErrors: { count: 3 },
    maxLatency: 250,
    deadline: 300,
    migrationDeadline: 600,
    writes: true,
  });
  expect(await rolloutOf('rollout: { maxErrors: 1.25% }\n')).toMatchObject({ maxErrors: { share: 0.0125 } });
});

test('sources that no commit has are told of elsewhere than on this machine, unless the target says another', async () => {
  const text = (said: string) =>
    `name: shop\ncomponents:\n  web:\n    source: web\n    route: /\ntargets:\n  local: { cluster: local${said} }\n  far: { cluster: kubeconfig, domain: shop.example.com, registry: r.example.com/shop${said} }\n`;
  const said = async (target: string, more = '') =>
    (await load(await write(text(more), ['web']), {}, target)).project.target.uncommitted;
  expect([await said('local'), await said('far')]).toEqual(['allow', 'warn']);
  const block = ', uncommitted: block';
  expect([await said('local', block), await said('far', block)]).toEqual(['block', 'block']);
});

test('the reference system at the root of this repository loads without a doubt', async () => {
  const root = join(import.meta.dirname, '../../..');
  const { project, warnings } = await load(join(root, 'ptp.yaml'));
  expect(warnings).toEqual([]);
  expect(project.components.map(({ name, talksTo, needs }) => ({ name, talksTo, needs }))).toEqual([
    { name: 'gateway', talksTo: ['backend', 'frontend'], needs: [] },
    { name: 'backend', talksTo: [], needs: ['database'] },
    { name: 'frontend', talksTo: [], needs: [] },
  ]);
  const backup = { schedule: '17 3 * * *', keep: 14 };
  expect(project.services).toEqual([
    { name: 'database', type: 'postgres', version: 17, storage: '1Gi', backup },
  ]);
  expect(project.target.domain).toBe('hello.localhost');
});

test('every mistake is told at once, with line, column, key and a next step', async () => {
  const file = await write(
    `name: Shop
components:
  web:
    soruce: web
    route: shop
    env: { PORT: 8080 }
    needs: databse
  api:
    source: nowhere
    builder: nod
    replicas: 0
    resources: { memory: 512m }
    migrate: node src/migrate.ts
    needs: [databse]
  Api:
    source: web
    prot: 80
services:
  database: { type: postgres, version: "17" }
targets:
  local: { cluster: locl }
  prod: { cluster: kubeconfig, domain: https://x.example.com }
`,
    ['web'],
  );
  expect(await problemsOf(file)).toEqual([
    '1:7 name: "Shop" is no DNS name → Use small letters, digits and hyphens; begin with a letter, end with a letter or a digit.',
    '3:3 components.web.source: `components.web` has no `source` → Add `source:`, a text.',
    '4:5 components.web.soruce: `soruce` is no key of `components.web` → Did you mean `source`?',
    '5:12 components.web.route: "shop" is no route → Begin with / and end without one: /, or /shop',
    '6:18 components.web.env.PORT: `PORT` is a number, not a text → Put it in quotes: "8080"',
    '7:12 components.web.needs: `needs` is a text, not a list → Write it as a list: ["databse"]',
    '9:13 components.api.source: there is no folder nowhere → Name the folder of `api`, seen from the folder of ptp.yaml.',
    '10:14 components.api.builder: `builder` cannot be "nod" → Did you mean `node`?',
    '11:15 components.api.replicas: 0 is too few → Use at least 1.',
    '12:26 components.api.resources.memory: "512m" is less than 1Mi (m means thousandths of a byte) → Use Mi or Gi: 128Mi',
    '13:14 components.api.migrate: `migrate` is a text, not a list → Write it as a list: ["node","src/migrate.ts"]',
    '14:13 components.api.needs.0: `api` needs `databse`, which is no service → Did you mean `database`?',
    '15:3 components.Api: Api is no DNS name → Use small letters, digits and hyphens; begin with a letter, end with a letter or a digit.',
    '17:5 components.Api.prot: `prot` is no key of `components.Api` → Did you mean `port`?',
    '19:40 services.database.version: `version` is a text, not a number → Write it without quotes: 17',
    '21:21 targets.local.cluster: `cluster` cannot be "locl" → Did you mean `local`?',
    '22:3 targets.prod.registry: `targets.prod` has no `registry` → Add `registry:`, a text.',
    '22:40 targets.prod.domain: "https://x.example.com" is no domain → Write it without https:// and in small letters: hello.example.com',
  ]);
});

test('parts that contradict each other are told together', async () => {
  const file = await write(
    `name: shop
components:
  web: { source: a, route: / }
  api: { source: a, route: /, needs: [web, store, store] }
  store: { source: a, port: 9090 }
  big: { source: a, resources: { memory: 1Gi, memoryLimit: 512Mi } }
  page: { source: a, builder: static, go: { main: cmd/page } }
services:
  store: { type: postgres }
`,
    ['a'],
  );
  expect(await problemsOf(file)).toEqual([
    '4:28 components.api.route: `api` and `web` both have the route / → Give one of them another path, or none.',
    '4:39 components.api.needs.0: `api` needs `web`, which is a component and no service → Name it in `env` as http://web:8080 instead.',
    '4:51 components.api.needs.2: `api` needs `store` twice → Remove one.',
    '5:3 components.store.management: `store` has 9090 as its port and as its management port, which would be public then → Give them different ports.',
    '6:60 components.big.resources.memoryLimit: the limit 512Mi is below the 1Gi that are kept → Raise the limit to 1Gi or more.',
    '7:39 components.page.go: `page` says how Go compiles it, and its builder is `static` → Write `builder: go`, or remove `go`.',
    '9:3 services.store: `store` is a component and a service, and both would be the host store → Rename one of them.',
  ]);
});

test('text that is no YAML is told by line, and nothing else', async () => {
  expect(await problemsOf(await write('name: shop\ncomponents:\n\tweb: {}\n'))).toEqual([
    expect.stringMatching(/^3:1 .*Indent by spaces/),
  ]);
  expect(await problemsOf(await write(''))).toEqual([expect.stringMatching(/^1:1 : the file is empty/)]);
  expect(await problemsOf(await write('- web\n'))).toEqual([
    expect.stringMatching(/^1:1 : .* a list, not a map/),
  ]);
});

test('a key that is there twice is told beside all else', async () => {
  expect(await problemsOf(await write('name: Shop\nname: shop\n'))).toEqual([
    expect.stringMatching(/^1:1 components: .*has no `components`/),
    expect.stringMatching(/^1:7 name: "Shop" is no DNS name/),
    expect.stringMatching(/^2:1 .*`name` is there twice → Keep one of the two/),
  ]);
});

test('a file that is not there leads to init', async () => {
  expect(await problemsOf(join(folder, 'ptp.yaml'))).toEqual([expect.stringContaining('ptp init')]);
  expect(await problemsOf(folder)).toEqual([expect.stringContaining('is a folder')]);
});

const targets = `name: shop
components: { web: { source: web, route: / } }
targets:
  local: { cluster: local, instance: mine, ports: { http: 8080, https: 8443 } }
  prod: { cluster: kubeconfig, domain: shop.example.com, registry: r.example.com/shop, kubeconfig: kube.yaml }
  aws: { cluster: eks, region: eu-west-1, domain: shop.example.com }
`;

test('a target is chosen by name, and local is taken where none is named', async () => {
  const file = await write(targets, ['web'], { 'kube.yaml': 'apiVersion: v1' });
  expect((await load(file)).project.target).toMatchObject({
    name: 'local',
    instance: 'mine',
    ports: { https: 8443 },
  });
  expect((await load(file, {}, 'prod')).project.target).toEqual({
    name: 'prod',
    cluster: 'kubeconfig',
    domain: 'shop.example.com',
    namespace: 'shop',
    instance: 'shop',
    ports: { http: 80, https: 443 },
    registry: 'r.example.com/shop',
    monitoring: 'cluster',
    uncommitted: 'warn',
    kubeconfig: join(folder, 'kube.yaml'),
  });
  expect((await load(file, {}, 'aws')).project.target).toEqual({
    name: 'aws',
    cluster: 'eks',
    domain: 'shop.example.com',
    namespace: 'shop',
    instance: 'shop',
    ports: { http: 80, https: 443 },
    cloud: {
      kind: 'eks',
      region: 'eu-west-1',
      access: [],
      databases: 'managed',
      acme: { server: 'https://acme-v02.api.letsencrypt.org/directory' },
      nameServers: ['172.20.0.10/32'],
    },
    monitoring: 'cluster',
    uncommitted: 'warn',
  });
});

test('a target that is not there and a missing kubeconfig are mistakes', async () => {
  const file = await write(targets, ['web']);
  expect(await problemsOf(file, 'pord')).toEqual([
    '3:1 targets: there is no target `pord` → Did you mean `prod`?',
  ]);
  expect(await problemsOf(file, 'prod')).toEqual([
    expect.stringMatching(/^5:100 targets.prod.kubeconfig: there is no file kube.yaml/),
  ]);
});

test('the environment lets a second system run beside the first', async () => {
  const file = await write(targets, ['web']);
  const env = {
    PTP_INSTANCE: 'test-1',
    PTP_HTTP_PORT: '10080',
    PTP_HTTPS_PORT: '10443',
    PTP_DOMAIN: 't.localhost',
    PTP_NODES: '3',
  };
  expect((await load(file, env)).project.target).toMatchObject({
    instance: 'test-1',
    ports: { http: 10080, https: 10443 },
    domain: 't.localhost',
    nodes: 3,
  });
  expect((await load(file, { PTP_INSTANCE: '' })).project.target.instance).toBe('mine');
  expect(await problemsOf(file, undefined, { PTP_INSTANCE: '../x', PTP_HTTP_PORT: '0x10' })).toEqual([
    expect.stringMatching(/^PTP_INSTANCE: .*"..\/x" is no DNS name/),
    expect.stringMatching(/^PTP_HTTP_PORT: .*"0x10" is no port/),
  ]);
  expect(await problemsOf(file, undefined, { PTP_NODES: '10' })).toEqual([
    expect.stringMatching(/^PTP_NODES: .*"10" is no number of nodes/),
  ]);
  expect(await problemsOf(file, undefined, { PTP_HTTP_PORT: '8443' })).toEqual([
    expect.stringMatching(/^4:\d+ targets.local.ports: .*8443 as its port for http and for https/),
  ]);
});

test('files are read into the project; what cannot be configuration is turned down', async () => {
  const yaml =
    'name: a\ncomponents: { web: { source: web, route: /, files: { /etc/a.json: conf/a.json } } }\n';
  const file = await write(yaml, ['web'], { 'conf/a.json': '{"a":"ü"}\n' });
  expect((await load(file)).project.components[0]?.files).toEqual({ '/etc/a.json': '{"a":"ü"}\n' });
  await writeFile(join(folder, 'conf/a.json'), new Uint8Array([0xff, 0xfe, 0x00]));
  expect(await problemsOf(file)).toEqual([expect.stringContaining('is no text in UTF-8')]);
  await writeFile(join(folder, 'conf/a.json'), 'x'.repeat(1_100_000));
  expect(await problemsOf(file)).toEqual([expect.stringContaining('1100000 bytes')]);
  await rm(join(folder, 'conf'), { recursive: true });
  expect(await problemsOf(file)).toEqual([expect.stringContaining('conf/a.json is not there')]);
});

test('who talks to whom is read from addresses in the environment', async () => {
  const yaml = `name: shop
components:
  web:
    source: a
    route: /
    env:
      A: http://api:8080/v1
      B: "jdbc://store.shop.svc.cluster.local:8080,http://www.example.com"
      C: cache:8080
      D: http://other.elsewhere:8080 and web
      E: http://web:8080
  api: { source: a }
  store: { source: a }
  cache: { source: a }
  other: { source: a }
`;
  const { project } = await load(await write(yaml, ['a']));
  expect(project.components[0]?.talksTo).toEqual(['api', 'cache', 'store']);
});

test('what is probably not meant is a warning that shows no secret', async () => {
  const yaml = `name: shop
components:
  web:
    source: a
    env:
      DB_PASSWORD: hunter2
      STORE: postgres://me:hunter2@store.example.com/db
      TOKEN_URL: https://id.example.com/token
      API: http://apii:8080
      LOCAL: http://localhost:8080
      PORT_WRONG: http://api:80
  api: { source: a }
`;
  const { project, warnings } = await load(await write(yaml, ['a']));
  expect(project.components).toHaveLength(2);
  expect(warnings.map(({ what, where }) => `${where?.line} ${what}`)).toEqual([
    '2 no component has a route, so users cannot reach the system',
    expect.stringMatching(/^6 `DB_PASSWORD` looks like a secret/),
    expect.stringMatching(/^7 `STORE` looks like a secret/),
    '9 nothing in this system is called apii',
    '10 localhost is the container itself, nothing else',
    '11 api serves on 8080, not on 80',
  ]);
  expect(JSON.stringify(warnings)).not.toContain('hunter2');
});

test('anchors and aliases are placed where they are written', async () => {
  const yaml = `name: shop
components:
  web: { source: &where nowhere, route: / }
  api: { source: *where }
`;
  expect(await problemsOf(await write(yaml))).toEqual([
    expect.stringMatching(/^3:25 components.web.source/),
    expect.stringMatching(/^4:18 components.api.source/),
  ]);
});

test('what is accepted and allowed says why, and vulnerabilities until when', async () => {
  const file = await write(`name: shop
components: { web: { source: . } }
vulnerabilities:
  accept:
    - { id: CVE-2026-1, reason: "", until: 2027-02-30 }
    - { id: lodash, reason: not reachable }
secrets:
  allow: [{ file: a.ts, because: a sample }]
`);
  const problems = await problemsOf(file);
  for (const expected of [
    /^5:\d+ .*reason: .*is empty → Say in a sentence why/,
    /^5:\d+ .*until: .*is no day of the calendar/,
    /^6:\d+ .*id: .*is no name of a vulnerability/,
    /^6:\d+ .*has no `until`/,
    /^8:\d+ .*has no `reason`/,
    /^8:\d+ .*`because` is no key of `secrets.allow.0`/,
  ]) {
    expect(problems).toContainEqual(expect.stringMatching(expected));
  }
  expect(problems).toHaveLength(6);
});
