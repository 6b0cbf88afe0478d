import { expect, test } from 'vitest';
import type { Event } from '../../core/event.ts';
import type { TrafficResult } from '../../core/handover.ts';
import { jsonRenderer } from './json.ts';
import { linesRenderer } from './lines.ts';
import { problemLines } from './problem.ts';
import type { Renderer } from './renderer.ts';
import { screenAfter } from './screen.test-support.ts';
import { terminalRenderer } from './terminal.ts';

const plain = { color: false, columns: 60 };
const digest = `sha256:${'0123456789abcdef'.repeat(4)}` as const;

/** Events with the second at which each happens. */
const walk: readonly (readonly [number, Event])[] = [
  [0, { kind: 'step-started', step: 'image', text: 'building 1 image' }],
  [
    0.5,
    {
      kind: 'image-ready',
      step: 'image',
      image: 'gateway',
      digest,
      size: 41_200_000,
      why: 'first build',
      seconds: 0.5,
    },
  ],
  [1, { kind: 'step-done', step: 'image', seconds: 1, text: '1 image' }],
  [1, { kind: 'step-started', step: 'cluster', text: 'starting hello' }],
  [
    1,
    {
      kind: 'progress',
      step: 'cluster',
      task: 'kubernetes',
      text: 'compiling',
      fraction: 0.1,
      remaining: 600,
    },
  ],
  [
    2,
    {
      kind: 'progress',
      step: 'cluster',
      task: 'kubernetes',
      text: 'compiling',
      fraction: 0.2,
      remaining: 480,
    },
  ],
  [
    5.9,
    {
      kind: 'progress',
      step: 'cluster',
      task: 'kubernetes',
      text: 'compiling',
      fraction: 0.3,
      remaining: 400,
    },
  ],
  [
    6,
    {
      kind: 'progress',
      step: 'cluster',
      task: 'kubernetes',
      text: 'compiling',
      fraction: 0.4,
      remaining: 49,
    },
  ],
  [6.5, { kind: 'task-done', step: 'cluster', task: 'kubernetes', text: 'compiled v1.37.2', seconds: 75 }],
  [7, { kind: 'object-applied', step: 'cluster', object: 'namespace/hello', change: 'created' }],
  [7, { kind: 'object-applied', step: 'cluster', object: 'crd/gateways', change: 'unchanged' }],
  [7, { kind: 'warning', step: 'cluster', problem: { what: 'port 80 is taken', next: 'Free it.' } }],
  [8, { kind: 'step-done', step: 'cluster', seconds: 7, text: 'hello runs v1.37.2' }],
];

function outputs(renderer: Renderer, events: typeof walk = walk): readonly string[] {
  return events.map(([second, event]) => renderer.event(event, second * 1000));
}

test('lines: one line for each thing, a task at most every five seconds, nothing drawn over', () => {
  const text = outputs(linesRenderer(plain)).join('');
  expect(text).toBe(
    [
      'image     building 1 image',
      'image     gateway sha256:0123456789ab 41.2 MB, first build (0.5 s)',
      'image     1 image (1.0 s)',
      'cluster   starting hello',
      'cluster   kubernetes: compiling, 10 %, about 10 min left',
      'cluster   kubernetes: compiling, 40 %, about 50 s left',
      'cluster   kubernetes: compiled v1.37.2 (1 min 15 s)',
      'cluster   namespace/hello created',
      '! port 80 is taken',
      '  Free it.',
      'cluster   hello runs v1.37.2 (7.0 s): 1 created, 1 unchanged',
      '',
    ].join('\n'),
  );
  expect(text).not.toContain('\u001b');
});

test('lines: a task that begins anew after its end is heard at once', () => {
  const progress: Event = { kind: 'progress', step: 'cluster', task: 'etcd', text: 'compiling' };
  const renderer = linesRenderer(plain);
  expect(renderer.event(progress, 0)).not.toBe('');
  expect(renderer.event(progress, 4_999)).toBe('');
  expect(renderer.event({ ...progress, task: 'runc' }, 4_999)).not.toBe('');
  expect(
    renderer.event({ kind: 'task-done', step: 'cluster', task: 'etcd', text: 'done', seconds: 1 }, 5_000),
  ).not.toBe('');
  expect(renderer.event(progress, 5_001)).not.toBe('');
});

test('json: every event, one object a line', () => {
  const lines = outputs(jsonRenderer()).map((text) => JSON.parse(text) as Event);
  expect(lines).toEqual(walk.map(([, event]) => event));
});

test('terminal: what runs is drawn below what is done', () => {
  const renderer = terminalRenderer(plain, 24);
  const text = outputs(renderer, walk.slice(0, 8)).join('');
  expect(screenAfter(text)).toEqual([
    '  gateway sha256:0123456789ab 41.2 MB, first build (0.5 s)',
    '✔ image     1 image  1.0 s',
    '⠋ cluster   starting hello  5.0 s',
    '  ⠋ kubernetes: compiling, 40 %, about 50 s left',
  ]);
});

test('terminal: at the end only what stays is left', () => {
  const renderer = terminalRenderer(plain, 24);
  const text = outputs(renderer).join('') + renderer.end(9_000);
  expect(screenAfter(text)).toEqual([
    '  gateway sha256:0123456789ab 41.2 MB, first build (0.5 s)',
    '✔ image     1 image  1.0 s',
    '  ✔ kubernetes: compiled v1.37.2 (1 min 15 s)',
    '! port 80 is taken',
    '  Free it.',
    '✔ cluster   hello runs v1.37.2: 1 created, 1 unchanged  7.0 s',
  ]);
  expect(renderer.end(9_000)).toBe('');
  expect(renderer.tick(9_000)).toBe('');
});

test('terminal: a tick turns the spinner and counts the seconds, and only there', () => {
  const renderer = terminalRenderer(plain, 24);
  expect(renderer.tick(0)).toBe('');
  let text = renderer.event({ kind: 'step-started', step: 'route', text: 'waiting' }, 0);
  text += renderer.tick(100);
  expect(screenAfter(text)).toEqual(['⠙ route     waiting']);
  text += renderer.tick(2_000);
  expect(screenAfter(text)).toEqual(['⠋ route     waiting  2.0 s']);
});

test('terminal: a pause leaves only what stays, and the next tick draws again', () => {
  const renderer = terminalRenderer(plain, 24);
  let text = outputs(renderer, walk.slice(0, 5)).join('') + renderer.pause();
  expect(screenAfter(text).at(-1)).toBe('✔ image     1 image  1.0 s');
  text += 'stopping\n';
  text += renderer.tick(1_000);
  expect(screenAfter(text).slice(-3)).toEqual([
    'stopping',
    '⠋ cluster   starting hello',
    '  ⠋ kubernetes: compiling, 10 %, about 10 min left',
  ]);
});

test('terminal: a step that did not come to its end is marked so', () => {
  const renderer = terminalRenderer(plain, 24);
  const text =
    renderer.event({ kind: 'step-started', step: 'route', text: 'waiting' }, 0) + renderer.end(1_500);
  expect(screenAfter(text)).toEqual(['✘ route     waiting  1.5 s']);
});

test('terminal: no line is wider than the screen, and no more lines move than it is high', () => {
  const renderer = terminalRenderer({ color: false, columns: 30 }, 6);
  let text = renderer.event({ kind: 'step-started', step: 'cluster', text: 'x'.repeat(200) }, 0);
  for (let index = 0; index < 20; index++) {
    text += renderer.event(
      { kind: 'progress', step: 'cluster', task: `task ${index}`, text: 'y'.repeat(99) },
      0,
    );
  }
  const screen = screenAfter(text);
  expect(screen.length).toBe(4);
  expect(screen.at(-1)).toBe('  … and 18 more');
  for (const line of screen) expect([...line].length).toBeLessThan(30);
});

test('text from elsewhere cannot move the cursor', () => {
  const hostile = 'a\u001b[2Jb\u001b]0;title\u0007c\r\nd\u009b1Ae';
  const event: Event = { kind: 'note', step: 'deploy', text: hostile };
  const warning: Event = {
    kind: 'warning',
    step: 'deploy',
    problem: { what: hostile, next: hostile, details: [hostile], where: { object: hostile } },
  };
  for (const renderer of [linesRenderer(plain), terminalRenderer(plain, 24)]) {
    const text = renderer.event(event, 0) + renderer.event(warning, 0);
    for (const character of ['\u001b', '\r', '\u0007', '\u009b']) expect(text).not.toContain(character);
  }
});

test('colours only where they are wanted', () => {
  const colored = linesRenderer({ color: true, columns: 80 }).event(walk[11]?.[1] as Event, 0);
  expect(colored).toContain('\u001b[33m!\u001b[39m');
});

const measured: TrafficResult = {
  url: 'https://hello.localhost',
  rate: 40,
  sent: 40,
  seconds: 10.3,
  requests: 412,
  failed: 0,
  latency: { p50: 4.21, p90: 12, p99: 31.4, p999: 60, max: 71 },
  failures: {},
  examples: [],
  kinds: {},
  connections: { kept: 206, fresh: 206 },
  superseded: 0,
  quiet: { requests: 20, failed: 0, latency: { p50: 3, p90: 9, p99: 22, p999: 22, max: 22 } },
  drained: true,
  processor: 0.8,
  writes: { acknowledged: 96, checked: 96, missing: 0, unread: 0 },
};

test.each<readonly [Partial<TrafficResult>, string]>([
  [{}, '412 requests at 40/s: none failed; p50 4.2 ms, p99 31 ms (quiet 22 ms); 96 writes, all there'],
  [
    {
      failed: 3,
      failures: { '5xx': 2, reset: 1 },
      sent: 31.5,
      superseded: 2,
      quiet: { requests: 20, failed: 1, latency: { p50: 3, p90: 9, p99: 22, p999: 22, max: 22 } },
      writes: { acknowledged: 2000, checked: 1000, missing: 2, unread: 1 },
    },
    '412 requests at 31.5/s instead of 40/s: 3 failed (2 5xx, 1 reset); p50 4.2 ms, p99 31 ms (quiet 22 ms, 1 of 20 failed); 2 for files of the page before; 2000 writes, 2 of 1000 looked at missing',
  ],
  [
    { writes: { acknowledged: 96, checked: 96, missing: 0, unread: 3 }, quiet: { requests: 0, failed: 0 } },
    '412 requests at 40/s: none failed; p50 4.2 ms, p99 31 ms; 96 writes, 3 could not be read again',
  ],
])('lines: what requests saw while pods were replaced', (more, text) => {
  const event: Event = { kind: 'traffic-measured', step: 'traffic', result: { ...measured, ...more } };
  expect(linesRenderer(plain).event(event, 0)).toBe(`traffic   ${text}\n`);
  expect(JSON.parse(jsonRenderer().event(event, 0))).toEqual(event);
  expect(screenAfter(terminalRenderer({ ...plain, columns: 300 }, 24).event(event, 0))).toEqual([
    `  ${text}`,
  ]);
});

test('what was looked for in images is one line each, with what was found', () => {
  const finding = { ids: ['CVE-2026-1'], purl: 'pkg:npm/a@1', images: ['web'], verdict: 'warn' } as const;
  const looked = { kind: 'vulnerabilities-looked-up', step: 'inspect', packages: 12 } as const;
  const findings = [
    { ...finding, severity: 'high' },
    { ...finding, severity: 'low' },
    { ...finding, severity: 'low', verdict: 'accepted', reason: 'not reached' },
  ] as const;
  const searched = {
    kind: 'credentials-looked-for',
    step: 'inspect',
    files: 9,
    read: 2,
    findings: [],
  } as const;
  const place = { file: 'a.ts', line: 1, rule: 'jwt' };
  const events: readonly Event[] = [
    { ...looked, looked: true, findings },
    { ...looked, looked: true, findings: [] },
    { ...looked, looked: false, findings: [] },
    searched,
    { ...searched, findings: [place, { ...place, reason: 'a sample' }] },
  ];
  const renderer = linesRenderer(plain);
  expect(events.map((event) => renderer.event(event, 0))).toEqual(
    [
      '12 packages, known vulnerabilities: 1 high, 1 low, 1 accepted',
      '12 packages, no known vulnerability',
      '12 packages, not looked up',
      '9 files (2 read), no credential',
      '9 files (2 read), 1 that looks like a credential',
    ].map((text) => `inspect   ${text}\n`),
  );
});

test('the line that a problem is in is shown, unless it is confidential', () => {
  const where = { file: 'a.ts', line: 1, column: 1 };
  const read = () => 'what stands there';
  const lines = (confidential: object) =>
    problemLines({ what: 'wrong', where: { ...where, ...confidential } }, plain, 'mistake', read).join('\n');
  expect(lines({})).toContain('what stands there');
  expect(lines({ confidential: true })).toBe('✘ a.ts:1:1: wrong');
});
