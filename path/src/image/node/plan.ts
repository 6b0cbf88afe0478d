import { posix } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import type { Closure } from '../workspace/closure.ts';
import type { PackageJson } from '../workspace/find-workspace.ts';
import { packageName } from '../workspace/package-name.ts';
import { notForRunning } from '../workspace/rules.ts';

/** Where applications are in their images. */
export const applicationFolder = 'app';

/**
 * The arguments that `node` is called with: those of a start script `node …`, or the package's main file. Throws
 * UserMistake where the script needs a shell, since the image has none.
 */
export function startArguments(packageJson: PackageJson, file: string): readonly string[] {
  const script = packageJson.scripts?.start;
  if (script === undefined) {
    if (packageJson.main !== undefined) return [packageJson.main];
    throw new UserMistake({
      what: 'it does not say how the application starts',
      where: { file, key: 'scripts.start' },
      next: 'Add a start script such as "node src/main.js".',
    });
  }
  const [program, ...args] = script.trim().split(/\s+/);
  if (program === 'node' && args.length > 0 && !/["'`$&|;<>()*?~\\]/.test(script)) return args;
  throw new UserMistake({
    what: `the start script "${script}" is not plainly "node" and its arguments; the image has no shell to run it`,
    where: { file, key: 'scripts.start' },
    next: 'Write it as "node <file>"; variables belong to the component\'s env in ptp.yaml.',
  });
}

/** The patterns of what to leave out of the application's layer. `built`: dist was made by its build script. */
export function leftOut(
  packageJson: PackageJson,
  args: readonly string[],
  built: boolean,
): readonly string[] {
  const named = [...args, ...(packageJson.files ?? [])].map((path) => posix.normalize(path));
  const needed = built || named.some((path) => path === 'dist' || path.startsWith('dist/'));
  return needed ? notForRunning : [...notForRunning, '/dist/'];
}

/** Packages of a closure that would like to run a script when they are installed; it is not run. */
export function scripted(closure: Closure): readonly string[] {
  const found = [...closure.packages].filter(([, { hasInstallScript }]) => hasInstallScript === true);
  return found.map(([path, { version }]) => `${packageName(path)}@${version}`).sort();
}

/**
 * Where a placed package is in the image. Workspaces are kept beside node_modules, with a link in it, because
 * Node.js strips no types below a folder of that name.
 */
export function imagePlace(place: string, locals: ReadonlySet<string>): string {
  for (const local of locals) {
    if (place === local || place.startsWith(`${local}/`)) {
      return posix.join(applicationFolder, '.workspaces', place.slice('node_modules/'.length));
    }
  }
  return posix.join(applicationFolder, place);
}
