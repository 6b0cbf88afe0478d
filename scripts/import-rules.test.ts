import { expect, test } from 'vitest';
import { brokenRules } from './import-rules.ts';

const why = (file: string, text: string) =>
  brokenRules(file, text).map((broken) => `${broken.line}: ${broken.why}`);

test.each([
  [
    'system/backend/src/a.ts',
    "import { x } from '../../../path/src/core/secret.ts';",
    'system/ is carried by path/',
  ],
  ['system/backend/src/a.ts', "import '@path-to-production/ptp';", 'system/ is carried by path/'],
  ['path/src/core/a.ts', "import type { X } from '../oci/digest.ts';", 'core imports nothing but'],
  ['path/src/core/a.ts', "import { z } from 'zod';", 'core imports nothing but'],
  [
    'path/src/image/step.ts',
    "import { push } from '../registry/push.ts';",
    'the step image must not import the step registry',
  ],
  [
    'path/src/image/node/build.ts',
    "export * from '../../deploy/plan.ts';",
    'the step image must not import the step deploy',
  ],
  [
    'path/src/image/step.test.ts',
    "await import('../deploy/step.ts');",
    'the step image must not import the step deploy',
  ],
  ['path/src/deploy/step.ts', "import { run } from '../cli/run.ts';", 'deploy must not import cli'],
  ['path/src/deploy/step.ts', "import { up } from '../path.ts';", 'deploy must not import path.ts'],
  ['path/src/oci/a.ts', "import { up } from '../kubernetes/a.ts';", 'oci must not import kubernetes'],
  ['path/src/cli/run.ts', "import { up } from '../image/step.ts';", 'cli must not import image'],
  ['path/src/cli/run.ts', "import { up } from '../path.ts';", 'cli must not import path.ts'],
  ['path/src/path.ts', "import './main.ts';", 'main.ts is above path.ts'],
  ['path/src/operate/status.ts', "import { up } from '../path.ts';", 'path.ts is above operate'],
  ['path/src/deploy/plan.ts', "import { readFile } from 'node:fs/promises';", 'a plan is pure'],
  [
    'path/src/services/postgres/plan.ts',
    "import type { Clock } from '../../effects/clock.ts';",
    'a plan is pure',
  ],
  ['path/src/deploy/plan.ts', "import { fetch } from 'undici';", 'a plan is pure'],
  [
    'path/src/cluster/step.ts',
    "import { c } from '../effects/node/clock.ts';",
    'only main.ts and tests import effects/node',
  ],
  ['path/src/deploy/a.ts', "import k8s from '@kubernetes/client-node';", 'only path/src/kubernetes'],
  ['path/src/deploy/a.ts', 'const a = 1;\nconsole.log(a);', 'emit an event instead of console.'],
  ['path/src/path.ts', 'process\n  .stdout.write(a);', 'only cli/ and main.ts print'],
])('%s: %s', (file, text, reason) => {
  const broken = why(file, text);
  expect(broken).toHaveLength(1);
  expect(broken[0]).toContain(reason);
});

test.each([
  [
    'path/src/main.ts',
    "import './cli/run.ts'; import './path.ts'; import './effects/node/clock.ts'; console.log(1);",
  ],
  [
    'path/src/path.ts',
    "import './image/step.ts';\nimport './registry/step.ts';\nimport './project/load.ts';",
  ],
  [
    'path/src/image/step.ts',
    "import '../core/event.ts';\nimport '../oci/digest.ts';\nimport './node/build.ts';",
  ],
  ['path/src/cluster/step.test.ts', "import '../effects/node/clock.ts';\nconsole.log(1);"],
  ['path/src/deploy/plan.ts', "import { join } from 'node:path';\nimport { createHash } from 'node:crypto';"],
  [
    'path/src/actions.ts',
    "import './path.ts';\nimport './operate/logs.ts';\nimport './cluster/providers.ts';",
  ],
  [
    'path/src/operate/status.ts',
    "import '../cluster/providers.ts';\nimport type { S } from '../cli/actions.ts';",
  ],
  ['path/src/image/step.fixture.ts', "import '../effects/node/clock.ts';"],
  ['path/src/registry/testing/world.ts', "import '../../effects/node/clock.ts';"],
  ['path/src/image/static/server/serve.ts', "process.stdout.write('started');"],
  ['path/src/kubernetes/client.ts', "import k8s from '@kubernetes/client-node';"],
  ['path/src/core/secret.ts', "import { inspect } from 'node:util';"],
  ['system/gateway/src/main.ts', "import './routes.ts';\nconsole.log('started');"],
])('%s may: %s', (file, text) => {
  expect(why(file, text)).toEqual([]);
});

test('the line is that of the import, however it is laid out', () => {
  const text = `/* import '../registry/a.ts';
 */
const glob = '**/*.ts'; // import '../registry/a.ts'
const text = \`
import '../registry/a.ts';
\`;
import {
  push,
  type Pushed,
} from '../registry/push.ts';
export type { X } from "../route/x.ts";
`;
  expect(brokenRules('path/src/image/step.ts', text).map(({ line }) => line)).toEqual([10, 11]);
});

test('words that look like printing in comments and strings are none', () => {
  expect(
    why('path/src/image/a.ts', "// console.log\nconst a = 'console.log';\nconst b = `process.stdout`;"),
  ).toEqual([]);
});
