import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { exercise } from '../../../path/src/explain/exercise.ts';
import { answersOf } from '../../support/answers.ts';
import { asTyped } from '../../support/as-typed.ts';
import { jsonResult } from '../../support/ptp.ts';
import { fieldsWithoutRule } from '../../support/ruled-fields.ts';
import type { System } from '../../support/system.ts';
import { until } from '../../support/until.ts';

/** Every question of the exercise is answered from the live system, and every field of it leads to a rule. */
export function explained(system: System): void {
  beforeAll(() => system.must('up'));

  test('every question of the exercise is answered with facts of the live system', async () => {
    // A cluster that has just started knows after a minute what copies use.
    const all = await until(
      'autoscalers know what copies use',
      () => answersOf(system),
      (found) => found.flatMap(({ facts }) => facts).every(({ ok, what }) => ok || !/^copies of /.test(what)),
    );
    for (const { question, topic } of exercise) {
      const facts = all.find((one) => one.topic === topic)?.facts ?? [];
      expect(facts.length, question).toBeGreaterThan(0);
      // How slow a machine with other work is decides what fires on it.
      if (topic === 'health' || topic === 'alerts') continue;
      // That its sources are in no commit is so in a copy of the project.
      const wrong = facts.filter(({ ok, what }) => !ok && what !== 'source of the release');
      expect(wrong, question).toEqual([]);
    }
  });

  test('the commands that show facts can be run', async () => {
    const commands = (await answersOf(system)).flatMap(({ facts }) => facts).map(({ command }) => command);
    // A drill is run by its own chapter; building anew asks for a commit, which a copy of the project has none of.
    const runnable = commands.filter((command) => !/^ptp drill|--rebuild/.test(command));
    // Fields of the cluster's own objects are traced in a unit test; here one of each other kind, and one release's record.
    const ofOthers = /^ptp explain (alertrule|image|node|policy|promise|release|requests|secret)\//;
    const chosen = [
      ...Map.groupBy(runnable, (command) =>
        command.startsWith('ptp explain ')
          ? (ofOthers.exec(command)?.[1] ?? '')
          : command.replace(/^(ptp history) \d+$/, '$1 of one'),
      ),
    ].flatMap(([kind, some]) => (kind === '' ? [] : (some.at(-1) ?? [])));
    expect(chosen.length).toBeGreaterThan(12);
    const failed: string[] = [];
    const run = async () => {
      for (let next = chosen.pop(); next !== undefined; next = chosen.pop()) {
        const { code, words } = await asTyped(system, next);
        // `status` fails where an alert fires, which how busy the machine is decides.
        if (code !== 0 && next !== 'ptp status') failed.push(`${next}: ${code} ${words}`);
      }
    };
    await Promise.all([run(), run(), run()]);
    expect(failed).toEqual([]);
  });

  test('every field that the path keeps in the cluster has a rule', async () => {
    expect(await system.cluster((client) => fieldsWithoutRule(client))).toEqual([]);
  });

  test('a field is traced to the line of ptp.yaml that it comes from', async () => {
    const traced = jsonResult(
      await system.must(
        'explain',
        'deployment/backend',
        '.spec.template.spec.containers[0].volumeMounts',
        '--json',
      ),
    );
    expect(traced).toMatchObject({ manager: 'ptp', sources: [{ input: { file: 'ptp.yaml', set: true } }] });
    const [{ input }] = traced.sources as readonly [{ readonly input: { readonly line: number } }];
    const text = readFileSync(join(system.place.folder, 'ptp.yaml'), 'utf8').split('\n')[input.line - 1];
    expect(text).toContain('needs: [database]');
  });
}
