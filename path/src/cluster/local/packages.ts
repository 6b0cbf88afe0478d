import { UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';

/**
 * Installs Debian packages where there is apt-get and the right to use it; elsewhere it does nothing.
 * @throws UserMistake with apt's last words where it fails
 */
export async function installPackages(context: Context, packages: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0 || (await context.processes.find('apt-get')) === undefined) return;
  const started = context.clock.monotonic();
  const task = `install ${packages.join(', ')}`;
  context.emit({ kind: 'progress', step: 'cluster', task, text: 'apt-get' });
  const apt = (...args: string[]) =>
    context.processes.run({
      program: 'apt-get',
      args: ['--yes', '--quiet', '--option=DPkg::Lock::Timeout=120', ...args],
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
  let outcome = await apt('install', '--no-install-recommends', ...packages);
  context.signal.throwIfAborted();
  if (outcome.code !== 0) {
    // What an installation that was killed has left half done keeps apt-get from all others.
    await context.processes.run({ program: 'dpkg', args: ['--configure', '-a'] });
    await apt('update');
    outcome = await apt('install', '--no-install-recommends', ...packages);
  }
  if (outcome.code !== 0) {
    throw new UserMistake({
      what: `apt-get could not install ${packages.join(', ')}`,
      next: 'Install them by hand, then run the same command again.',
      details: outcome.stderr.trim().split('\n').slice(-5),
    });
  }
  const seconds = (context.clock.monotonic() - started) / 1000;
  context.emit({ kind: 'task-done', step: 'cluster', task, text: packages.join(', '), seconds });
}
