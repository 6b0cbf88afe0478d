import type { Processes } from '../effects/processes.ts';

/** Opens a web browser at an address; false where this machine has none, or no screen to show it on. */
export async function browse(processes: Processes, url: string): Promise<boolean> {
  const screen = process.platform === 'darwin' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (!screen) return false;
  for (const program of ['xdg-open', 'open', 'wslview']) {
    if ((await processes.find(program)) === undefined) continue;
    return (await processes.run({ program, args: [url] })).code === 0;
  }
  return false;
}
