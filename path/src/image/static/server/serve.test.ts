import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverFiles } from './contents.ts';

let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  // As in an image: the files of `serverFiles` and nothing else.
  folder = await mkdtemp(join(tmpdir(), 'serve-'));
  await mkdir(join(folder, 'server'));
  await mkdir(join(folder, 'site'));
  for (const file of serverFiles) {
    await copyFile(fileURLToPath(new URL(file, import.meta.url)), join(folder, 'server', file));
  }
  await writeFile(join(folder, 'site/index.html'), 'hello');
  await writeFile(join(folder, 'site/big.bin'), Buffer.alloc(60_000_000));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(folder, 'server/serve.ts')], {
    env: { ROOT: join(folder, 'site'), PORT: '0', MANAGEMENT_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return {
    child,
    exit: once(child, 'exit'),
    errors: text(child.stderr),
    lines: createInterface(child.stdout),
  };
}

async function message(
  lines: ReturnType<typeof createInterface>,
  wanted: string,
): Promise<Record<string, unknown>> {
  return await new Promise((done) => {
    lines.on('line', (line) => {
      const fields = JSON.parse(line) as Record<string, unknown>;
      if (fields.message === wanted) done(fields);
    });
  });
}

async function ask(port: unknown, path: string, agent?: Agent): Promise<IncomingMessage> {
  const sent = request({
    host: '127.0.0.1',
    port: Number(port),
    path,
    ...(agent === undefined ? {} : { agent }),
  });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

test('after SIGTERM it is not ready, serves on, then finishes what is under way and ends without a word', async () => {
  const { child, exit, errors, lines } = run({ DRAIN_SECONDS: '3' });
  const { port, managementPort } = await message(lines, 'serving');
  const agent = new Agent({ keepAlive: true });
  expect((await ask(managementPort, '/readyz')).statusCode).toBe(200);
  const before = await ask(port, '/', agent);
  expect(before.headers.connection).toBe('keep-alive');
  await buffer(before);
  // Larger than the buffers between the two, and not read before the draining is over.
  const slow = await ask(port, '/big.bin');

  const [draining, stopped] = [message(lines, 'draining'), message(lines, 'stopped')];
  child.kill('SIGTERM');
  await draining;
  expect((await ask(managementPort, '/readyz')).statusCode).toBe(503);
  expect((await ask(managementPort, '/livez')).statusCode).toBe(200);
  const during = await ask(port, '/', agent);
  expect(during.statusCode).toBe(200);
  expect(during.headers.connection).toBe('close');
  expect((await buffer(during)).toString()).toBe('hello');

  await expect
    .poll(
      async () =>
        await ask(port, '/').then(
          () => 'open',
          () => 'closed',
        ),
      { timeout: 15_000 },
    )
    .toBe('closed');
  expect((await buffer(slow)).length).toBe(60_000_000);
  await stopped;
  expect(await exit).toEqual([0, null]);
  expect(await errors).toBe('');
});

test('a second signal ends it at once', async () => {
  const { child, exit, lines } = run({ DRAIN_SECONDS: '3600' });
  await message(lines, 'serving');
  const draining = message(lines, 'draining');
  child.kill('SIGTERM');
  await draining;
  child.kill('SIGTERM');
  expect(await exit).toEqual([1, null]);
});

test.each([
  [{ PORT: 'http' }, 'PORT'],
  [{ ROOT: '/nowhere-at-all' }, '/nowhere-at-all'],
])('with %j it says what is wrong in one line, and fails', async (env, named) => {
  const { exit, errors } = run(env);
  expect(await exit).toEqual([1, null]);
  const said = (await errors).trimEnd().split('\n');
  expect(said).toHaveLength(1);
  expect(JSON.parse(said[0] ?? '')).toMatchObject({
    level: 'error',
    message: expect.stringContaining(named),
  });
});
