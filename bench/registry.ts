import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { componentProgram } from '../test/support/component.ts';
import { freePort } from '../test/support/free-port.ts';
import { until } from '../test/support/until.ts';

/** The registry of local clusters, at one address, whose content can be taken back to what it was. */
export interface BenchRegistry {
  /** Host and port. */
  readonly name: string;
  /** Remembers what it holds now. */
  keep(): Promise<void>;
  /** Takes it back to what it held then. */
  reset(): Promise<void>;
  /** Bytes of all the layers of an image, as they are sent and kept, and its digest. */
  image(repository: string, tag: string): Promise<{ readonly bytes: number; readonly digest: string }>;
  stop(): Promise<void>;
}

const accepted = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Starts it on a free port, empty. `folder`: where it keeps its data; what is there is removed. */
export async function startRegistry(folder: string): Promise<BenchRegistry> {
  const program = await componentProgram('registry', 'registry');
  const name = `127.0.0.1:${await freePort()}`;
  const [data, kept, configuration] = ['data', 'kept', 'registry.yaml'].map((word) => join(folder, word));
  if (data === undefined || kept === undefined || configuration === undefined) throw new Error('no folder');
  await rm(folder, { recursive: true, force: true });
  await mkdir(data, { recursive: true });
  await writeFile(
    configuration,
    JSON.stringify({
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: data } },
      http: { addr: name },
    }),
  );
  let server: ChildProcess | undefined;
  const start = async () => {
    server = spawn(program, ['serve', configuration], { stdio: 'ignore' });
    const ask = async () => (await fetch(`http://${name}/v2/`)).status;
    await until('the registry answers', ask, (status) => status === 200, 30);
  };
  const end = async () => {
    if (server === undefined || server.exitCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  await start();
  return {
    name,
    async keep() {
      await rm(kept, { recursive: true, force: true });
      await cp(data, kept, { recursive: true });
    },
    async reset() {
      await end();
      await rm(data, { recursive: true, force: true });
      await cp(kept, data, { recursive: true });
      await start();
    },
    async image(repository, tag) {
      const answer = await fetch(`http://${name}/v2/${repository}/manifests/${tag}`, {
        headers: { accept: accepted },
      });
      if (!answer.ok) throw new Error(`${repository}:${tag} is not in the registry: ${answer.status}`);
      const manifest = (await answer.json()) as { layers?: readonly { size: number }[] };
      if (manifest.layers === undefined) throw new Error(`${repository}:${tag} is no image`);
      const bytes = manifest.layers.reduce((sum, { size }) => sum + size, 0);
      return { bytes, digest: answer.headers.get('docker-content-digest') ?? '' };
    },
    async stop() {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
