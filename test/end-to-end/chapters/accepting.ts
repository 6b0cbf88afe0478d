import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonResult } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';

const server = `
import { createServer } from 'node:http';
const answer = (_, response) => response.end('well');
const door = createServer(answer).listen(process.env.PORT);
const health = createServer(answer).listen(process.env.MANAGEMENT_PORT);
process.once('SIGTERM', () => { door.close(); health.close(); });
`;

/** What somebody with an account runs to see everything for themselves, on the one kind of target that is always there. */
export function accepting(system: System): void {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ptp-acceptance-'));
    mkdirSync(join(folder, 'web'));
    const manifest = { name: 'web', private: true, type: 'module', scripts: { start: 'node server.js' } };
    writeFileSync(join(folder, 'web/package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'web/server.js'), server);
    file = join(folder, 'ptp.yaml');
    writeFileSync(
      file,
      'name: small\ncomponents:\n  web: { source: web, route: / }\ntargets:\n  local: { cluster: local, monitoring: none }\n',
    );
    await system.must('down', '--data', '--yes');
    system.forget();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('everything is tried on an empty target, taken away again, and told in a report', async () => {
    const report = join(folder, 'report.md');
    const ended = await system.must('acceptance', '--yes', '--file', file, '--output', report, '--json');
    const { ok, results } = jsonResult(ended) as unknown as {
      readonly ok: boolean;
      readonly results: readonly { readonly stage: string; readonly ok: boolean; readonly found: string }[];
    };
    expect(results.filter((result) => !result.ok)).toEqual([]);
    expect(ok).toBe(true);
    expect(results.find(({ stage }) => stage === 'roll out')?.found).toMatch(
      /replaced web; 0 of \d+ requests failed/,
    );
    expect(readFileSync(report, 'utf8')).toContain('all of it passed');
    expect(jsonResult(await system.ptp('status', '--file', file, '--json'))).toMatchObject({
      cluster: { state: 'absent' },
    });
  });
}
