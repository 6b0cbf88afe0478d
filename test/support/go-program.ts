import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';

/**
 * The path of a program of the tests that is written in Go, compiled once for each state of its folder. Go's own caches
 * are those that the tool compiles with.
 * @param folder the absolute path of a Go module with a main package
 * @param main another package, of a module that it requires
 * @param tags build tags
 */
export function goProgram(folder: string, main = '.', tags = ''): string {
  const cache = process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp');
  const hash = createHash('sha256')
    .update(execFileSync('go', ['version']))
    .update(tags);
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  const called = main === '.' ? basename(folder) : basename(main);
  const name = `${called}-${hash.digest('hex').slice(0, 16)}`;
  const program = join(cache, 'test-tools', name);
  if (existsSync(program)) return program;
  mkdirSync(join(cache, 'test-tools'), { recursive: true });
  const beside = mkdtempSync(join(cache, 'test-tools', 'incoming-'));
  try {
    execFileSync('go', ['build', '-trimpath', '-tags', tags, '-o', join(beside, name), main], {
      cwd: folder,
      stdio: ['ignore', 2, 2],
      env: {
        ...process.env,
        GOCACHE: join(cache, 'go/build'),
        GOMODCACHE: join(cache, 'go/mod'),
        GOFLAGS: '-modcacherw -buildvcs=false',
        GOWORK: 'off',
        CGO_ENABLED: '0',
      },
    });
    renameSync(join(beside, name), program);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  return program;
}
