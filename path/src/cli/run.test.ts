import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bill } from '../core/bill.ts';
import type { DrillResult } from '../core/drill.ts';
import { StepFailed, UserMistake } from '../core/failure.ts';
import { Secret } from '../core/secret.ts';
import type { Actions, PastRelease, Preview, SystemStatus } from './actions.ts';
import { runCommandLine } from './run.ts';

const digest = `sha256:${'ab'.repeat(32)}` as const;
const image = { name: 'web', reference: `r/shop/web@${digest}`, digest, tags: [] };
const well: SystemStatus = {
  cluster: { name: 'shop', state: 'running', version: 'v1.37.2' },
  url: 'https://shop.localhost',
  components: [{ name: 'web', ready: 2, wanted: 2, restarts: 0, digest }],
  services: [],
  problems: [],
};

const preview: Preview = {
  cluster: 'running',
  serving: 4,
  images: [{ name: 'web', digest, isNew: true }],
  changes: [
    {
      change: 'configured',
      object: 'shop/deployment/web',
      fields: [{ path: '.spec.replicas', before: 2, after: 3 }],
    },
    { change: 'deleted', object: 'shop/service/old', fields: [] },
  ],
  migrations: ['web'],
  nothing: false,
};
const past: PastRelease = {
  number: 4,
  state: 'serving',
  current: true,
  begun: '2026-11-24T10:00:00.000Z',
  seconds: 4,
  by: 'ann@desk',
  source: { commit: '0123456789abcdef0123456789abcdef01234567', clean: false },
  images: [{ name: 'web', digest }],
  rolled: ['web'],
  migrated: [],
  changes: preview.changes,
};

const drilled: DrillResult = {
  version: 1,
  drill: 'renew',
  begun: '2026-11-24T10:00:00.000Z',
  ended: '2026-11-24T10:00:09.000Z',
  by: 'ann@here',
  outcome: 'passed',
  text: 'certificate 0B is served',
  facts: { newSerial: '0B' },
};

const bill: Bill = {
  cloud: 'Amazon EKS',
  region: 'eu-west-1',
  account: { name: '123456789012', who: 'arn:aws:iam::123456789012:user/ann' },
  howToEnter: 'Log in.',
  resources: [
    { kind: 'VPC', name: 'shop-aws', change: 'keep', fields: [], there: true, goes: true },
    {
      kind: 'EKS cluster',
      name: 'shop-aws',
      change: 'create',
      fields: [],
      there: false,
      goes: true,
      monthly: 73,
      usually: 540,
    },
  ],
  indirect: [{ text: 'load balancer', monthly: 16.5 }],
  monthly: 89.5,
  currency: 'USD',
  date: '2026-11',
  choices: ['A NAT gateway would add $ 33.'],
  obstacles: [],
};

/** The far side of the command line, as main.ts wires it; each test says what differs. */
const actions: Actions = {
  async up(_project, _options, { emit }) {
    emit({ kind: 'step-started', step: 'image', text: 'building' });
    emit({ kind: 'step-done', step: 'image', seconds: 1.5, text: 'built' });
    emit({ kind: 'step-done', step: 'deploy', seconds: 2, text: 'deployed' });
    return {
      release: { namespace: 'shop', images: [image], rolled: ['web'] },
      route: { url: 'https://shop.localhost', authority: 'PEM' },
      record: { number: 4, isNew: true },
    };
  },
  build: async (_project, { components, push, tags }) =>
    (components.length === 0 ? ['web'] : components).map((name) => ({
      name,
      digest,
      size: 3_000_000,
      ...(push === undefined ? {} : { reference: `${push.name}/${push.prefix}/${name}@${digest}`, tags }),
    })),
  plan: async () => preview,
  bill: async (project) => (project.target.cloud === undefined ? undefined : bill),
  token: async () => new Secret('k8s-token'),
  history: async () => [past],
  rollback: async (_project, { to }) => ({ number: 5, backTo: to ?? 3, rolled: ['web'], serving: 2 }),
  verify: async () => [{ name: 'drift', ok: true, found: 'none' }],
  upgrades: async () => ({
    upgrades: [
      {
        kind: 'base',
        applies: true,
        changes: [{ name: 'libc6', from: '1', to: '2', why: 'security update' }],
      },
      {
        kind: 'ptp',
        applies: false,
        changes: [{ name: 'runc', from: 'v1', to: 'v2', why: 'patch version' }],
      },
    ],
    unasked: [{ what: 'Traefik', why: 'not found' }],
  }),
  upgrade: async () => [{ kind: 'base', release: 5, rolled: ['web'] }],
  backup: async () => ['database'],
  backups: async () => ({ service: 'database', backups: [] }),
  restorable: async () => ({ service: 'database', secondsLost: 0 }),
  restore: async () => ({
    service: 'database',
    backup: 'r/b:1',
    resumed: true,
    secondsLost: 0,
    migrated: [],
  }),
  drills: async () => [{ drill: 'renew', summary: 'anew', results: [drilled], passed: drilled.ended }],
  drill: async (_project, drill, { rate }) => ({ ...drilled, drill, facts: { rate } }),
  explain: async () => [
    {
      topic: 'images',
      part: 'Images',
      question: 'How?',
      choice: 'So.',
      turnedDown: [{ what: 'Otherwise', why: 'no' }],
      costs: 'Little.',
      decisions: [],
      facts: [{ what: 'image of web', is: digest, command: 'ptp verify', ok: true }],
    },
  ],
  trace: async (_project, { object, path }) => ({
    object: `shop/${object}`,
    path,
    value: 2,
    sources: [
      {
        path,
        rule: 'As ptp.yaml says.',
        file: 'path/src/deploy/plan.ts',
        input: { key: 'components.web.replicas', file: 'ptp.yaml', line: 7, set: true },
      },
    ],
  }),
  cost: async () => ({
    basis: 'No prices.',
    rows: [],
    nodes: {
      count: 1,
      capacity: { cpu: 2, memory: 2 ** 30 },
      requested: { cpu: 1, memory: 0 },
      used: { cpu: 0, memory: 0 },
    },
    savings: [],
    notes: [],
  }),
  report: async () => ({ model: { taken: '2026-11-26' }, html: '<!doctype html>' }),
  ui: async () => ({ url: 'http://127.0.0.1:7000/#token=abc', close: async () => {} }),
  manifests: async () => '---\nkind: Service\n',
  down: async (_project, { data }) => ({
    removed: ['the local cluster shop'],
    kept: data ? [] : ['the data of database'],
  }),
  storedData: async () => [{ name: 'database', size: '1Gi', used: 12_400_000 }, { name: 'left-over' }],
  status: async () => well,
  logs: async (_project, _options, onLine) => onLine({ part: 'web', pod: 'web-1', text: 'hello\u001b[2J' }),
  address: async () => 'https://shop.localhost',
  browse: async () => false,
  trust: async () => ({ stores: [{ name: 'this machine', change: 'added' }] }),
  doctor: async () => [{ name: 'memory', ok: true, found: '24 GiB' }],
  detect: async () => [{ name: 'web', source: 'web', builder: 'node', why: 'package.json', database: false }],
  kubeconfig: async () => new Secret('apiVersion: v1\n'),
  signingKey: async () => ({ publicKey: '-----BEGIN PUBLIC KEY-----\n' }),
};

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ptp-run-'));
  await mkdir(join(cwd, 'web'));
  await writeFile(join(cwd, 'ptp.yaml'), 'name: shop\ncomponents:\n  web: { source: web, route: / }\n');
});
afterEach(async () => {
  await rm(cwd, { recursive: true });
});

async function run(
  line: string,
  changed: Partial<Actions> = {},
  aborted = false,
  ask?: (question: string) => Promise<string>,
) {
  const out: string[] = [];
  const err: string[] = [];
  const controller = new AbortController();
  let milliseconds = 0;
  if (aborted) controller.abort();
  const code = await runCommandLine(line.split(' '), {
    actions: { ...actions, ...changed },
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: {},
    cwd,
    version: '0.1.0',
    signal: controller.signal,
    ...(ask === undefined ? {} : { ask }),
    monotonic: () => {
      milliseconds += 1_000;
      return milliseconds;
    },
  });
  return { code, out: out.join(''), err: err.join('') };
}

test('up tells what happens on standard error and what came of it on standard output', async () => {
  const { code, out, err } = await run('up');
  expect(code).toBe(0);
  expect(err).toBe('image     building\nimage     built (1.5 s)\ndeploy    deployed (2.0 s)\n');
  expect(out).toBe(
    [
      '',
      '  web  sha256:abababababab  rolled out',
      '',
      '  image 1.5 s · deploy 2.0 s · in all 4.0 s',
      '',
      '  ● https://shop.localhost  release 4',
      '    Its certificate is from an authority of its own; `ptp trust` makes this machine know it.',
      '',
    ].join('\n'),
  );
});

test('up --json: every line of standard output is an object, the result the last', async () => {
  const { code, out, err } = await run('up --json');
  expect(code).toBe(0);
  expect(err).toBe('');
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ kind }) => kind)).toEqual(['step-started', 'step-done', 'step-done', 'up']);
  expect(lines.at(-1)).toMatchObject({
    url: 'https://shop.localhost',
    images: [{ name: 'web', digest }],
    seconds: { image: 1.5, deploy: 2 },
  });
});

test('build names the images that were made, and where they are when they were published', async () => {
  const local = await run('build');
  expect(local).toMatchObject({ code: 0, out: `web  3.0 MB  ${digest}\nin 1.0 s\n` });
  const { out } = await run('build web --push r.example/team --tag v1,latest --json');
  expect(JSON.parse(out)).toMatchObject({
    kind: 'build',
    images: [{ name: 'web', digest, reference: `r.example/team/web@${digest}`, tags: ['v1', 'latest'] }],
  });
});

test('build turns down what would not do: no registry, a tag for nothing, a folder of something else', async () => {
  const wrong = await run('build --push me:hunter2@r.example/team');
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('`--push` names no registry') });
  expect(wrong.err).not.toContain('hunter2');
  expect(await run('build --tag v1')).toMatchObject({ code: 2, err: expect.stringContaining('--push') });
  expect(await run('build --output .')).toMatchObject({ code: 2, err: expect.stringContaining('OCI image') });
  expect(await run('build --output ptp.yaml')).toMatchObject({ code: 2 });
});

test('a mistake in ptp.yaml: exit 2, the line of the file, a mark below the place, no stack', async () => {
  await writeFile(join(cwd, 'ptp.yaml'), 'name: shop\ncomponents:\n  web: { soruce: web, route: / }\n');
  const { code, out, err } = await run('up');
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toContain('✘ ptp.yaml:3:10: `soruce` is no key of `components.web`');
  expect(err).toContain(
    '    3 |   web: { soruce: web, route: / }\n      |          ^\n  Did you mean `source`?',
  );
  expect(err).not.toMatch(/\bat .*\.ts/);
  const json = await run('up --json');
  expect(json.code).toBe(2);
  expect(JSON.parse(json.out)).toMatchObject({
    kind: 'mistake',
    problems: [{ where: { line: 3 } }, { where: { line: 3 } }],
  });
});

test('a failed step: exit 1, with the object, the evidence and the next step', async () => {
  const up: Actions['up'] = async () => {
    throw new StepFailed({
      what: 'web does not become ready',
      where: { object: 'shop/deployment/web' },
      next: 'Look at its log.',
      details: ['Error: no database'],
    });
  };
  const { code, err } = await run('up', { up });
  expect(code).toBe(1);
  expect(err).toBe(
    '✘ shop/deployment/web: web does not become ready\n    Error: no database\n  Look at its log.\n',
  );
});

test('any other error is a bug: its stack, and what caused it', async () => {
  const up: Actions['up'] = async () => {
    throw new TypeError('x is undefined', { cause: new Error('below') });
  };
  const { code, err } = await run('up', { up });
  expect(code).toBe(1);
  expect(err).toContain('This is a bug in ptp');
  expect(err).toMatch(/TypeError: x is undefined\n +at /);
  expect(err).toContain('caused by Error: below');
});

test('a full disk is no bug, wherever it is noticed, nor is a server in trouble', async () => {
  const up: Actions['up'] = async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      path: '/var/lib/x',
    });
    throw new Error('writing', { cause: full });
  };
  const { code, err } = await run('up', { up });
  expect(code).toBe(1);
  expect(err).toMatch(
    /^✘ the disk is full: \/var\/lib\/x could not be written\n.*ENOSPC.*\n {2}Make room there/s,
  );
  const troubled: Actions['up'] = async () => {
    throw Object.assign(new Error('500'), { problem: { what: 'the server cannot answer', next: 'Wait.' } });
  };
  expect(await run('up', { up: troubled })).toMatchObject({
    code: 1,
    err: '✘ the server cannot answer\n  Wait.\n',
  });
});

test('Ctrl-C: exit 130 without a stack; a mistake that was found before is still told', async () => {
  const up: Actions['up'] = async () => {
    throw new DOMException('interrupted', 'AbortError');
  };
  expect(await run('up', { up }, true)).toMatchObject({ code: 130, err: 'stopped\n' });
  const mistaken: Actions['up'] = async () => {
    throw new UserMistake({ what: 'port 80 is taken' });
  };
  expect(await run('up', { up: mistaken }, true)).toMatchObject({ code: 2, err: '✘ port 80 is taken\n' });
});

test('a reader that closes standard output ends the command quietly', async () => {
  const program = `
    import { runCommandLine } from ${JSON.stringify(join(import.meta.dirname, 'run.ts'))};
    const logs = async (project, options, onLine) => {
      for (;;) {
        onLine({ part: 'web', pod: 'web-1', text: 'x'.repeat(1000) });
        await new Promise(setImmediate);
      }
    };
    process.exit(await runCommandLine(['logs', '--follow'], {
      actions: { logs }, stdout: process.stdout, stderr: process.stderr, env: {}, cwd: process.cwd(), version: '',
      signal: new AbortController().signal, monotonic: () => 0,
    }));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = await once(child, 'close');
  expect(Buffer.concat(errors).toString()).toBe('');
  expect(code).toBe(141);
});

test('status fails unless all is well', async () => {
  expect(await run('status')).toMatchObject({ code: 0 });
  const lacking = { ...well, components: [{ name: 'web', ready: 1, wanted: 2, restarts: 3 }] };
  const { code, out } = await run('status', { status: async () => lacking });
  expect(code).toBe(1);
  expect(out).toContain('● web  1 of 2 ready  3 restarts\n');
  const absent: SystemStatus = {
    cluster: { name: 'shop', state: 'absent' },
    components: [],
    services: [],
    problems: [],
  };
  expect(await run('status', { status: async () => absent })).toMatchObject({
    code: 1,
    out: '● cluster shop is absent\n  `ptp up` starts it.\n',
  });
});

test('plan shows each field, and its exit code can tell scripts that there is something to do', async () => {
  const { code, out } = await run('plan');
  expect(code).toBe(0);
  expect(out).toBe(
    [
      '',
      '  web  sha256:abababababab  new',
      '',
      '! migration of web',
      '~ shop/deployment/web',
      '    .spec.replicas: 2 → 3',
      '- shop/service/old',
      'release 4 serves; 1 to change, 1 to delete, 1 migration',
      '',
    ].join('\n'),
  );
  expect((await run('plan --exit-code')).code).toBe(3);
  const same = { ...preview, changes: [], migrations: [], nothing: true };
  expect(await run('plan --exit-code', { plan: async () => same })).toMatchObject({
    code: 0,
    out: expect.stringContaining('release 4 serves; nothing to change'),
  });
  const absent = { ...same, cluster: 'absent', nothing: false } as const;
  expect((await run('plan', { plan: async () => absent })).out).toContain('There is no cluster yet');
});

test('history tells all releases in a line each, or one whole', async () => {
  const list = await run('history');
  expect(list.out).toBe(
    '● 4  serves  2026-11-24 10:00:00Z  4.0 s  ann@desk  0123456789ab and changes  web\n',
  );
  expect((await run('history 4')).out).toContain('~ shop/deployment/web');
  expect(await run('history 9')).toMatchObject({ code: 1, out: 'There is no release 9.\n' });
  expect(await run('history latest')).toMatchObject({ code: 2 });
});

test('drill lists what was tried and when, and runs one; one that fails ends with 1', async () => {
  expect((await run('drill')).out).toBe('● renew  passed 2026-11-24 10:00Z    anew\n');
  expect((await run('drill renew')).out).toBe(
    '● renew passed: certificate 0B is served (9.0 s)\n  rate  100\n',
  );
  expect(JSON.parse((await run('drill rollback --rate 50 --json')).out)).toMatchObject({
    kind: 'drill',
    drill: 'rollback',
    facts: { rate: 50 },
  });
  const failed = await run('drill renew', { drill: async () => ({ ...drilled, outcome: 'failed' }) });
  expect(failed.code).toBe(1);
  expect(await run('drill renw')).toMatchObject({ code: 2, err: expect.stringContaining('renew') });
  expect(await run('drill renew --rate 0')).toMatchObject({ code: 2 });
});

test('upgrade tells what is newer and why; applied, it names the releases', async () => {
  const { out } = await run('upgrade');
  expect(out).toContain('libc6  1 → 2  security update');
  expect(out).toMatch(/runc .*\n.*A newer ptp brings these/s);
  expect(out).toContain('Not known: Traefik (not found).');
  expect(out).toContain('`ptp upgrade --apply` makes a release of each');
  expect(JSON.parse((await run('upgrade --json')).out)).toMatchObject({
    kind: 'upgrades',
    upgrades: [{ applies: true }, { kind: 'ptp', applies: false }],
    unasked: [{ what: 'Traefik' }],
  });
  const none = { upgrades: async () => ({ upgrades: [], unasked: [] }) };
  expect((await run('upgrade', none)).out).toBe('Nothing is newer.\n');
  expect((await run('upgrade --apply', { upgrade: async () => [] })).out).toContain('project’s sources');
  expect((await run('upgrade --apply')).out).toContain(
    '● release 5: Debian packages that images stand on (web replaced)\n',
  );
});

test('rollback goes to the release before, or to the one that is named', async () => {
  expect((await run('rollback')).out).toBe(
    '● release 3 serves again, as release 5: web replaced (served after 3.0 s)\n',
  );
  expect(JSON.parse((await run('rollback 2 --json')).out)).toMatchObject({ kind: 'rollback', backTo: 2 });
  expect(await run('rollback -1')).toMatchObject({ code: 2 });
});

test('verify fails unless every check is good', async () => {
  expect(await run('verify')).toMatchObject({
    code: 0,
    out: expect.stringContaining('is what was intended'),
  });
  const verify: Actions['verify'] = async (_project, { rebuild }) => [
    { name: 'web', ok: false, found: `rebuilt: ${rebuild}`, next: 'Look.' },
  ];
  expect(await run('verify 3 --rebuild', { verify })).toMatchObject({
    code: 1,
    out: expect.stringContaining('rebuilt: true'),
  });
});

test('export prints the document as it is', async () => {
  expect(await run('export')).toMatchObject({ code: 0, out: '---\nkind: Service\n' });
});

test('logs: prefixed and cleaned; unknown parts and counts are mistakes; Ctrl-C ends following well', async () => {
  expect(await run('logs')).toMatchObject({ code: 0, out: 'web  hello\n' });
  expect(await run('logs webb')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Did you mean `web`?'),
  });
  expect(await run('logs --lines many')).toMatchObject({ code: 2 });
  expect((await run('logs --grep hel+o')).out).toBe('web  hello\n');
  expect((await run('logs --grep HELLO')).out).toBe('');
  expect(await run('logs --grep [')).toMatchObject({
    code: 2,
    err: expect.stringContaining('is no regular expression'),
  });
  expect(await run('logs --since yesterday')).toMatchObject({ code: 2 });
  expect(await run('logs --follow --previous')).toMatchObject({ code: 2 });
  const told: unknown[] = [];
  await run('logs --since 10m', { logs: async (_project, options) => void told.push(options) });
  expect(told).toMatchObject([{ since: 600 }]);
  const logs: Actions['logs'] = async () => {
    throw new DOMException('interrupted', 'AbortError');
  };
  expect(await run('logs --follow', { logs }, true)).toMatchObject({ code: 0, err: '' });
  expect(await run('logs', { logs }, true)).toMatchObject({ code: 130 });
});

test('down keeps data unless told otherwise, and says so', async () => {
  expect((await run('down')).out).toBe(
    'Removed the local cluster shop.\nKept the data of database; `ptp down --data` removes that too.\n',
  );
  expect((await run('down --data --yes')).out).toBe('Removed the local cluster shop.\n');
});

describe('down --data', () => {
  const lost = 'database: 1Gi volume, 12.4 MB used';
  const asked = async (answer: string, changed: Partial<Actions> = {}) => {
    const questions: string[] = [];
    const ended = await run('down --data', changed, false, async (question) => {
      questions.push(question);
      return answer;
    });
    return { ...ended, questions };
  };

  test('asks first, naming all that is lost', async () => {
    const { questions, out, code } = await asked(' y ');
    expect(questions).toEqual([`This deletes for good:\n  ${lost}\n  left-over: volume\nGo on? [y/N] `]);
    expect({ out, code }).toEqual({ out: 'Removed the local cluster shop.\n', code: 0 });
  });

  test.each(['', 'n', 'yesterday'])('the answer "%s" removes nothing', async (answer) => {
    const down: Actions['down'] = async () => {
      throw new Error('it was not to be called');
    };
    expect(await asked(answer, { down })).toMatchObject({ code: 1, out: 'Nothing was removed.\n' });
  });

  test('where nothing would be lost, nothing is asked', async () => {
    expect(await asked('n', { storedData: async () => [] })).toMatchObject({ code: 0, questions: [] });
  });

  test('without a terminal it says what to add, and what it would delete', async () => {
    const { code, out, err } = await run('down --data');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('ptp down --data --yes');
    expect(err).toContain(lost);
    const json = await run('down --data --json', {}, false, async () => 'y');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.out)).toMatchObject({ kind: 'mistake' });
  });
});

describe('a target in a cloud', () => {
  beforeEach(async () => {
    const target = 'targets:\n  aws: { cluster: eks, region: eu-west-1, domain: shop.example.com }\n';
    await appendFile(join(cwd, 'ptp.yaml'), target);
  });
  const never: Actions['up'] = async () => {
    throw new Error('it was not to be called');
  };

  test('plan shows what it is made of, what is there, what it costs and what else could be chosen', async () => {
    const { out } = await run('plan', { plan: async () => ({ ...preview, bill }) });
    for (const words of [
      '= VPC',
      '+ EKS cluster',
      '$ 73.00',
      'takes 9 min',
      '$ 89.50 a month',
      'NAT gateway',
      'Not verified',
    ])
      expect(out).toContain(words);
    const { account, ...unknown } = bill;
    expect(account).toBeDefined();
    const other = await run('plan', { plan: async () => ({ ...preview, bill: unknown }) });
    expect(other.out).toContain(
      'no credentials are here, so nothing was looked at and all is shown as new. Log in.',
    );
  });

  test('up asks before it spends money, and not where nothing is to be made', async () => {
    const questions: string[] = [];
    const ask = (answer: string) => async (question: string) => {
      questions.push(question);
      return answer;
    };
    expect(await run('up', { up: never }, false, ask('n'))).toMatchObject({
      code: 1,
      out: 'Nothing was made.\n',
    });
    expect(questions[0]).toContain('This adds about $ 89.50 a month. Go on? [y/N] ');
    expect((await run('up', {}, false, ask('y'))).code).toBe(0);
    expect((await run('up --yes')).code).toBe(0);
    const there = bill.resources.map((one) => ({ ...one, change: 'keep' as const }));
    expect((await run('up', { bill: async () => ({ ...bill, resources: there }) })).code).toBe(0);
    expect(questions).toHaveLength(2);
  });

  test('up without anybody to ask, without credentials or with something in the way is a mistake', async () => {
    const { account, ...unknown } = bill;
    expect(account).toBeDefined();
    const alone = await run('up', { up: never });
    expect(alone.code).toBe(2);
    expect(alone.err).toContain('this would cost about $ 89.50 a month more');
    const nobody = await run('up --yes', { up: never, bill: async () => unknown });
    expect(nobody.err).toContain('there are no credentials for Amazon EKS on this machine');
    const obstacles = [{ what: 'no elastic address is left', next: 'Have the quota raised.' }];
    const stopped = await run('up --yes', { up: never, bill: async () => ({ ...bill, obstacles }) });
    expect({ code: stopped.code, err: stopped.err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('no elastic address is left'),
    });
  });

  test('down asks, naming what goes and what stays of the data', async () => {
    const questions: string[] = [];
    const left = ['the last copy of data, shop-last'];
    const ended = await run(
      'down',
      { down: async () => ({ removed: ['VPC shop-aws'], kept: [], left }) },
      false,
      async (question) => {
        questions.push(question);
        return 'y';
      },
    );
    expect(questions[0]).toContain('VPC shop-aws');
    expect(questions[0]).toContain('A last copy of each managed database is kept');
    expect(ended.out).toBe('Removed VPC shop-aws.\nLeft the last copy of data, shop-last.\n');
    expect((await run('down')).code).toBe(2);
  });

  test('a token is what kubectl takes', async () => {
    expect(JSON.parse((await run('token')).out)).toMatchObject({
      kind: 'ExecCredential',
      status: { token: 'k8s-token' },
    });
  });
});

test('open says the address where there is no browser, and opens none with --print', async () => {
  let opened = 0;
  const browse = async () => {
    opened += 1;
    return true;
  };
  expect((await run('open')).out).toBe('https://shop.localhost\n');
  expect((await run('open --print', { browse })).out).toBe('https://shop.localhost\n');
  expect(opened).toBe(0);
  expect((await run('open', { browse })).out).toBe('Opened https://shop.localhost\n');
});

test('trust fails only where no store could be told', async () => {
  expect(await run('trust')).toMatchObject({ code: 0, out: 'this machine  knows it now\n' });
  const stores = [{ name: 'Firefox', change: 'not-possible', next: 'Import it.' }] as const;
  expect(await run('trust', { trust: async () => ({ stores }) })).toMatchObject({
    code: 1,
    out: 'Firefox  could not be told  Import it.\n',
  });
});

test('doctor looks at everything, whatever is wrong with ptp.yaml', async () => {
  expect(await run('doctor')).toMatchObject({ code: 0, out: expect.stringContaining('All is there.') });
  await writeFile(join(cwd, 'ptp.yaml'), 'name: Shop\ncomponents:\n  web: { source: web, route: / }\n');
  const wrong = await run('doctor');
  expect(wrong.code).toBe(1);
  expect(wrong.out).toContain('ptp.yaml:1:7: "Shop" is no DNS name');
  expect(wrong.out).toContain('✔ memory    24 GiB');
  await rm(join(cwd, 'ptp.yaml'));
  expect(await run('doctor')).toMatchObject({ code: 1, out: expect.stringContaining('ptp init') });
});

test('init writes once and never over a file', async () => {
  expect(await run('init')).toMatchObject({ code: 2, err: expect.stringContaining('is there already') });
  await rm(join(cwd, 'ptp.yaml'));
  expect(await run('init --name Shop')).toMatchObject({ code: 0 });
  expect(await readFile(join(cwd, 'ptp.yaml'), 'utf8')).toContain('name: shop\n');
  expect(await run('up')).toMatchObject({ code: 0 });
  expect(await run('init --file other.yaml', { detect: async () => [] })).toMatchObject({ code: 2 });
});

test('kubeconfig: to standard output as it is, or to a new file that only its owner reads', async () => {
  expect(await run('kubeconfig')).toMatchObject({ code: 0, out: 'apiVersion: v1\n' });
  expect(await run('kubeconfig --output kube.yaml')).toMatchObject({ code: 0 });
  expect((await stat(join(cwd, 'kube.yaml'))).mode & 0o777).toBe(0o600);
  expect(await run('kubeconfig -o kube.yaml')).toMatchObject({
    code: 2,
    err: expect.stringContaining('there already'),
  });
  expect(await run('kubeconfig -o none/kube.yaml')).toMatchObject({ code: 2 });
});

test('the public key goes to standard output as it is', async () => {
  expect(await run('key')).toMatchObject({ code: 0, out: '-----BEGIN PUBLIC KEY-----\n', err: '' });
});

test('help and version go to standard output', async () => {
  const help = await run('--help');
  expect(help.code).toBe(0);
  for (const name of [
    'init',
    'up',
    'status',
    'open',
    'logs',
    'down',
    'trust',
    'doctor',
    'kubeconfig',
    'key',
  ]) {
    expect(help.out).toMatch(new RegExp(`^  ${name} `, 'm'));
  }
  expect((await run('logs --help')).out).toContain('-f, --follow');
  expect((await run('--version')).out).toBe('0.1.0\n');
});
