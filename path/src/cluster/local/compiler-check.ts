import type { Context } from '../../effects/context.ts';
import type { Check } from '../provider.ts';

/** Parts of the cluster are always compiled; what was compiled once needs no compiler any more. */
export async function compilerCheck(context: Context): Promise<Check> {
  const program = await context.processes.find('go');
  if (program === undefined) {
    return { name: 'Go', ok: false, found: 'not on PATH', next: 'Install Go 1.26 or newer.' };
  }
  const { stdout } = await context.processes.run({ program, args: ['version'] });
  const version = /go(\d+)\.(\d+)/.exec(stdout);
  const ok = Number(version?.[1] ?? 0) > 1 || Number(version?.[2] ?? 0) >= 26;
  const found = stdout.trim().replace(/^go version /, '');
  return { name: 'Go', ok, found, ...(ok ? {} : { next: 'Install Go 1.26 or newer.' }) };
}
