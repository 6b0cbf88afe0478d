import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentProgram } from '../../support/component.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';

/** A registry that keeps its data in a temporary folder and asks for no credentials. */
export interface Registry {
  /** Host and port. */
  readonly name: string;
  /** Where its blobs are, for tests that look or break things. */
  readonly data: string;
  stop(): Promise<void>;
}

/**
 * Starts distribution, the registry of local clusters, on a free port.
 * @param deletes whether it deletes what it is asked to
 */
export async function startRegistry({ deletes = false } = {}): Promise<Registry> {
  const program = await componentProgram('registry', 'registry');
  const folder = mkdtempSync(join(tmpdir(), 'ptp-distribution-'));
  const name = `127.0.0.1:${await freePort()}`;
  const data = join(folder, 'data');
  const configuration = join(folder, 'registry.yaml');
  writeFileSync(
    configuration,
    JSON.stringify({
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: data }, delete: { enabled: deletes } },
      http: { addr: name },
    }),
  );
  const server = spawn(program, ['serve', configuration], { stdio: 'ignore' });
  const stop = async () => {
    if (server.exitCode === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const ask = async () => (await fetch(`http://${name}/v2/`)).status;
    await until('the registry answers', ask, (status) => status === 200, 30);
  } catch (error) {
    await stop();
    throw error;
  }
  return { name, data, stop };
}
