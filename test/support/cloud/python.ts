import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A virtual environment of Python with exactly these packages (lines of a requirements file, all versions pinned, none
 * added by pip), below ~/.cache/ptp and keyed by them.
 * @returns the folder of its programs
 */
export async function pythonEnvironment(requirements: string): Promise<string> {
  const key = createHash('sha256').update(requirements).digest('hex').slice(0, 16);
  const folder = join(homedir(), '.cache', 'ptp', 'python', key);
  // Written last: what was cut short is made again.
  const whole = join(folder, 'whole');
  if (existsSync(whole)) return join(folder, 'bin');
  // Two that make it at once must not write into each other's: programs name their folder, so it cannot be moved.
  await mkdir(join(folder, '..'), { recursive: true });
  const mine = join(folder, '..', `${key}.making`);
  for (;;) {
    try {
      await mkdir(mine);
      break;
    } catch {
      if (existsSync(whole)) return join(folder, 'bin');
      const holder = Number(await readPid(mine));
      if (!alive(holder)) await rm(mine, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  try {
    await writeFile(join(mine, 'pid'), String(process.pid));
    await rm(folder, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', folder]);
    const list = join(folder, 'requirements.txt');
    await writeFile(list, requirements);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', list];
    await run(join(folder, 'bin', 'python'), pip, { maxBuffer: 64 * 2 ** 20 });
    await writeFile(`${whole}.new`, '');
    await rename(`${whole}.new`, whole);
  } finally {
    await rm(mine, { recursive: true, force: true });
  }
  return join(folder, 'bin');
}

async function readPid(folder: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  try {
    return await readFile(join(folder, 'pid'), 'utf8');
  } catch {
    // Just made: its maker has not written its number yet.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return readFile(join(folder, 'pid'), 'utf8').catch(() => '0');
  }
}

function alive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
