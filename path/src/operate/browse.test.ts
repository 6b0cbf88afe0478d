import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Processes } from '../effects/processes.ts';
import { browse } from './browse.ts';

beforeEach(() => {
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function machine(programs: readonly string[], code = 0) {
  const runs: string[] = [];
  const processes: Processes = {
    start: async () => 0,
    find: async (program) => (programs.includes(program) ? `/usr/bin/${program}` : undefined),
    run: async ({ program, args }) => {
      runs.push([program, ...args].join(' '));
      return { code, stdout: '', stderr: '' };
    },
  };
  return { processes, runs };
}
const url = 'https://shop.localhost';

test('opens the address with what the machine has', async () => {
  vi.stubEnv('WAYLAND_DISPLAY', 'wayland-0');
  const { processes, runs } = machine(['wslview', 'xdg-open']);
  expect(await browse(processes, url)).toBe(true);
  expect(runs).toEqual([`xdg-open ${url}`]);
});

test('without a screen, a program, or its success nothing was opened', async () => {
  const screenless = machine(['xdg-open']);
  expect(await browse(screenless.processes, url)).toBe(process.platform === 'darwin');
  vi.stubEnv('DISPLAY', ':0');
  expect(await browse(machine([]).processes, url)).toBe(false);
  expect(await browse(machine(['xdg-open'], 3).processes, url)).toBe(false);
});
