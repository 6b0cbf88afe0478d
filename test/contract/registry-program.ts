import { mkdir, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';

/**
 * The registry that local clusters run, as a program: the one that PTP_TEST_REGISTRY names, or else compiled from
 * its module into the tool's cache. Throws where neither is possible.
 */
export async function registryProgram(): Promise<string> {
  const given = process.env.PTP_TEST_REGISTRY;
  if (given !== undefined && given !== '') return given;
  const cache = join(homedir(), '.cache', 'ptp');
  const folder = join(cache, 'test-tools');
  const program = join(folder, 'registry');
  await mkdir(folder, { recursive: true });
  // Another test run may be compiling at this moment; a program that runs can't be written to.
  const made = `${program}.${process.pid}`;
  const outcome = await nodeProcesses.run({
    program: (await nodeProcesses.find('go')) ?? '/usr/local/go/bin/go',
    args: ['build', '-o', made, '.'],
    cwd: join(import.meta.dirname, '../../path/components/registry'),
    env: {
      GOCACHE: join(cache, 'go', 'build'),
      GOMODCACHE: join(cache, 'go', 'mod'),
      GOFLAGS: '-modcacherw -buildvcs=false',
      CGO_ENABLED: '0',
    },
  });
  if (outcome.code !== 0) throw new Error(`the registry does not compile:\n${outcome.stderr}`);
  await rename(made, program);
  return program;
}
