import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The folder that npm keeps what it fetched in, as its environment and its files of settings name it. Asking npm itself
 * would take longer than all that is done with the answer; where this is wrong, nothing is found there.
 * @param project the folder whose .npmrc counts
 */
export async function npmCacheFolder(
  project: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const home = env.HOME ?? homedir();
  const asked = setting(env, 'cache');
  if (asked !== undefined) return resolve(asked);
  for (const file of [join(project, '.npmrc'), setting(env, 'userconfig') ?? join(home, '.npmrc')]) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const written = /^[ \t]*cache[ \t]*=[ \t]*"?([^"\r\n]+?)"?[ \t]*$/m.exec(text)?.[1];
    if (written === undefined) continue;
    const path = written.replace(/^~(?=\/)/, home).replace(/\$\{(\w+)\}/g, (all, name) => env[name] ?? all);
    return resolve(project, path);
  }
  return join(home, '.npm');
}

/** npm reads its variables in any case. */
function setting(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const found = Object.entries(env).find(([key]) => key.toLowerCase() === `npm_config_${name}`)?.[1];
  return found === '' ? undefined : found;
}
