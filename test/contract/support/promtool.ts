import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { components } from '../../../path/src/cluster/local/source/components.ts';
import { modulesFolder } from '../../../path/src/cluster/local/source/go.ts';
import { rulesOf } from '../../../path/src/observe/plan.ts';
import type { Project } from '../../../path/src/project/project.ts';
import { goProgram } from '../../support/go-program.ts';

/** The rules of a project like the reference system, and what tries them in simulated time. */
export interface Promtool {
  /** What it says of the rules. */
  check(): string;
  /** Runs tests of rules (prometheus.io, "Unit testing for rules"). Throws with what differs. */
  run(suite: { readonly evaluation_interval: string; readonly tests: readonly unknown[] }): void;
  close(): void;
}

const part = (name: string) => ({ name });
const project = {
  name: 'hello',
  target: { namespace: 'hello' },
  components: [part('gateway'), part('backend'), part('frontend')],
  services: [part('database')],
} as unknown as Project;

/** promtool of the very Prometheus that runs the rules on a cluster, of this kind. */
export function openPromtool(cluster: Project['target']['cluster'] = 'local'): Promtool {
  const folder = mkdtempSync(join(tmpdir(), 'ptp-alerts-'));
  const tags = components.find(({ name }) => name === 'prometheus')?.tags ?? '';
  const main = 'github.com/prometheus/prometheus/cmd/promtool';
  const promtool = goProgram(join(modulesFolder, 'prometheus'), main, tags);
  const rules = join(folder, 'rules.yaml');
  const target = { ...project.target, cluster };
  writeFileSync(rules, JSON.stringify({ groups: rulesOf({ ...project, target }) }));
  return {
    check: () => execFileSync(promtool, ['check', 'rules', rules], { encoding: 'utf8' }),
    run: (suite) => {
      const file = join(folder, 'suite.yaml');
      writeFileSync(file, JSON.stringify({ rule_files: ['rules.yaml'], ...suite }));
      try {
        execFileSync(promtool, ['test', 'rules', file], { encoding: 'utf8', stdio: 'pipe' });
      } catch (error) {
        const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
        throw new Error(`${stdout}${stderr}`, { cause: error });
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
