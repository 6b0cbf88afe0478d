import { spawn } from 'node:child_process';
import { join } from 'node:path';

/*
 * The reference system without any cluster, for work on the applications themselves: starts the `dev` script of each
 * and shows what they say. Each restarts when its source changes; Ctrl-C stops them all. `npm run dev`
 */
const root = join(import.meta.dirname, '..');
const applications: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  backend: { PORT: '8081', MANAGEMENT_PORT: '9091' },
  frontend: {},
  gateway: { PORT: '8080', MANAGEMENT_PORT: '9090' },
};

const width = Math.max(...Object.keys(applications).map((name) => name.length));
const children = Object.entries(applications).map(([name, env]) => {
  const child = spawn('npm', ['run', 'dev', '--silent', '--workspace', `system/${name}`], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let rest = '';
  const show = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) process.stdout.write(`${name.padEnd(width)}  ${line}\n`);
  };
  child.stdout.on('data', show);
  child.stderr.on('data', show);
  // One that ends takes the others along: half a system is only confusing.
  child.on('exit', (code) => {
    process.stdout.write(`${name.padEnd(width)}  ended with ${code ?? 'a signal'}\n`);
    for (const other of children) other.kill('SIGTERM');
    process.exitCode ??= code ?? 1;
  });
  return child;
});
process.stdout.write('http://localhost:8080 is the system; the first lines are its parts starting\n');
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });
}
