import { expect, test } from 'vitest';
import { type Row, single, spread, spreadOf } from './figures.ts';
import { type Asked, type Results, resultsPage } from './report.ts';

const row: Row = {
  id: 'node/first',
  what: 'first build',
  unit: 's',
  ours: spreadOf([
    { wall: 1.5, cpu: 0.5 },
    { wall: 1, cpu: 0.4 },
    { wall: 3, cpu: 0.6 },
  ]),
  peers: [
    { name: 'one', spread: spread([6, 2, 3]) },
    { name: 'two', spread: single(0.75), published: true },
  ],
};

function linesOf(rows: readonly Row[], asked: Asked): readonly string[] {
  const results: Results = {
    machine: { processors: '2' },
    versions: { go: '1.26' },
    command: 'npm run bench',
    parts: [
      {
        name: 'node',
        title: 'Node.js',
        at: '2026-01-02T03:04:05.000Z',
        seconds: 12.4,
        load: [0.1, 0.9],
        rows,
        notes: ['How.'],
      },
    ],
  };
  return resultsPage(results, asked).split('\n');
}

test('a row says ours, what is asked, and each peer beside it with how many times better ours is', () => {
  const lines = linesOf([row], { 'node/first': { asked: 2 } });
  expect(lines).toContain(
    '| first build | 1.50 s (1.00–3.00; 0.50 s of processor) | ≤ 2 s | ✔ | one | 3.00 s (2.00–6.00) | 2.0 × |  |',
  );
  expect(lines).toContain('|  |  |  |  | two (published) | 0.75 s | 0.5 × |  |');
});

test('what is not reached asks for its reason, and shows it when there is one', () => {
  const said = (asked: Asked) => linesOf([row], asked).find((line) => line.startsWith('| first build'));
  expect(said({ 'node/first': { asked: 1.2 } })).toContain(
    '✘ | one | 3.00 s (2.00–6.00) | 2.0 × | to be said',
  );
  expect(said({ 'node/first': { asked: 1.2, reason: 'the disk' } })).toMatch(/\| the disk \|$/);
  expect(said({ 'node/first': { asked: 2, reason: 'the disk' } })).not.toContain('the disk');
});

test('of requests a second more is better', () => {
  const fast: Row = {
    ...row,
    id: 'rate',
    unit: '1/s',
    ours: single(4000),
    peers: [{ name: 'one', spread: single(1000) }],
  };
  const lines = linesOf([fast], { rate: { asked: 3000 } });
  expect(lines).toContain('| first build | 4000 1/s | ≥ 3000 1/s | ✔ | one | 1000 1/s | 4.0 × |  |');
});

test('a part that could not be measured says why', () => {
  const failed = {
    name: 'go',
    title: 'Go',
    at: '',
    seconds: 0,
    load: [0, 0],
    rows: [],
    notes: [],
    failed: 'no Go',
  } as const;
  const page = resultsPage({ machine: {}, versions: {}, command: '', parts: [failed] }, {});
  expect(page).toContain('Not measured: no Go');
});
