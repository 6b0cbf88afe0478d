import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readDecisions } from './decisions.ts';

const folder = mkdtempSync(join(tmpdir(), 'ptp-decisions-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a page is told with its context, or with what was decided where it begins with that', async () => {
  writeFileSync(
    join(folder, '0002-later.md'),
    '# 2. Later\n\n**What.** `up` asks\n[once](0001-first.md).\n\n**Why.** Because.\n',
  );
  writeFileSync(join(folder, '0001-first.md'), '# 1. First\n\n## Context\n\nSomebody\nasked.\n\nMore.\n');
  writeFileSync(join(folder, 'README.md'), '# Decisions\n');
  expect(await readDecisions(folder)).toEqual([
    { number: 1, title: 'First', file: 'docs/decisions/0001-first.md', context: 'Somebody asked.' },
    { number: 2, title: 'Later', file: 'docs/decisions/0002-later.md', context: '`up` asks once.' },
  ]);
});
