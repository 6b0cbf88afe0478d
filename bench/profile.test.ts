import { expect, test } from 'vitest';
import { summarize } from './profile.ts';

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 0 });

test('time belongs to what ran: own parts by folder, packages by name; waiting is no function', () => {
  const { total, areas, functions } = summarize({
    nodes: [
      { id: 1, callFrame: frame('(root)', '') },
      { id: 2, callFrame: frame('(idle)', '') },
      { id: 3, callFrame: frame('parse', 'file:///x/node_modules/@a/b/index.js') },
      { id: 4, callFrame: frame('', 'file:///x/path/src/image/step.ts') },
      { id: 5, callFrame: frame('resolve', 'node:internal/modules/esm/resolve') },
    ],
    startTime: 0,
    endTime: 10_000,
    samples: [2, 3, 4, 4, 5],
    timeDeltas: [4000, 3000, 1000, 500, 1500],
  });
  expect(total).toBe(10);
  expect(areas).toEqual([
    [expect.stringMatching(/^waiting/), 4],
    ['package @a/b', 3],
    ['ptp: image/', 1.5],
    ['loading modules', 1.5],
  ]);
  expect(functions.map(([name]) => name)).toEqual([
    'parse (@a/b/index.js:1)',
    '(module) (image/step.ts:1)',
    'resolve (node:internal/modules/esm/resolve:1)',
  ]);
});
