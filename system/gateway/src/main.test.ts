import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { send, startUpstream, stopAll } from './testing.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await stopAll();
});

interface Running {
  readonly child: ChildProcess;
  readonly exit: Promise<unknown[]>;
  readonly lines: AsyncIterator<string>;
  readonly port: number;
}

function run(env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [main], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function start(env: Record<string, string>): Promise<Running> {
  const child = run({ HOST: '127.0.0.1', PORT: '0', MANAGEMENT_PORT: '0', ...env });
  const exit = once(child, 'exit');
  if (child.stdout === null) throw new Error('no output');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  return { child, exit, lines, port: JSON.parse(first.value ?? '').port };
}

describe('the process', () => {
  it('exits with 2 and all problems when its configuration is wrong', async () => {
    const child = run({ PORT: 'x', BACKEND_URL: 'y' });
    let text = '';
    child.stderr?.on('data', (chunk) => {
      text += chunk;
    });
    expect((await once(child, 'close'))[0]).toBe(2);
    expect(text).toContain('PORT:');
    expect(text).toContain('BACKEND_URL:');
    expect(text).not.toContain('    at ');
  });

  it('exits with 0 after SIGTERM, with every request in its log', async () => {
    const upstream = await startUpstream();
    const { child, exit, lines, port } = await start({
      BACKEND_URL: upstream.origin,
      LAME_DUCK_SECONDS: '0',
    });
    expect((await send(port, { path: '/api/' })).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    const rest: Record<string, unknown>[] = [];
    for (let line = await lines.next(); !line.done; line = await lines.next())
      rest.push(JSON.parse(line.value ?? ''));
    expect(rest.filter((line) => line.route === '/api')).toHaveLength(1);
  });

  it('exits at once at the second signal', async () => {
    const { child, exit, port } = await start({ LAME_DUCK_SECONDS: '600', DRAIN_SECONDS: '600' });
    child.kill('SIGTERM');
    while ((await send(port, { path: '/readyz' })).status === 200);
    child.kill('SIGINT');
    expect(await exit).toEqual([1, null]);
  });
});
