import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { newContext, newFolder, write } from '../../path/src/image/step.fixture.ts';
import { buildImages } from '../../path/src/image/step.ts';

/*
 * A program in Go on its real base, of packages of this machine's real mirror, laid out as a container runtime would.
 */
const files = {
  'ptp.yaml': 'name: probe\ncomponents:\n  probe:\n    source: .\n    route: /\n',
  'go.mod': 'module example.com/probe\n\ngo 1.24\n',
  'main.go': `package main

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"time"
)

func main() {
	zone, err := time.LoadLocation("Europe/Lisbon")
	me, _ := user.Current()
	port, _ := net.LookupPort("tcp", "postgresql")
	pem, _ := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	_, shell := os.Stat("/bin/sh")
	file, temporary := os.CreateTemp("", "x")
	fmt.Println(zone, err, me.Username, me.HomeDir, port, len(pem) > 100000, os.IsNotExist(shell), file != nil, temporary)
}
`,
};

/** A cache that knows what was downloaded on this machine, and nothing of what was built. */
function newCache(): string {
  const cache = newFolder();
  const known = process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp');
  for (const part of ['debian', 'blobs']) {
    mkdirSync(join(known, part), { recursive: true });
    symlinkSync(join(known, part), join(cache, part));
  }
  return cache;
}

describe.skipIf(process.getuid?.() !== 0)('a program in Go', () => {
  test('it finds authorities, time zones, ports and its account, and no shell', async () => {
    const source = write(newFolder(), files);
    const spec = { name: 'probe', builder: 'go', source } as const;
    const [image] = await buildImages(newContext(newCache()), [spec], { projectFolder: source });
    const root = join(newFolder(), 'rootfs'); // its user may enter it, which the temporary folder does not allow
    mkdirSync(root);
    for (const { path } of image?.layers ?? []) {
      const input = zstdDecompressSync(readFileSync(path));
      execFileSync('tar', ['--extract', '--preserve-permissions', '--numeric-owner', '-C', root], { input });
    }
    const words = ['--userspec=65532:65532', root, ...(image?.entrypoint ?? [])];
    const said = execFileSync('chroot', words, { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin' } });
    expect(said).toBe('Europe/Lisbon <nil> nonroot /home/nonroot 5432 true true true <nil>\n');
    expect(image?.layers).toHaveLength(3);
    const base = image?.layers.slice(0, 2) ?? [];
    expect(base.reduce((sum, { descriptor }) => sum + descriptor.size, 0)).toBeLessThan(600_000);
  });
});

test('another folder, umask, language and time zone: the same digest', () => {
  const build = (folder: string, umask: string, env: Readonly<Record<string, string>>) => {
    const script = join(import.meta.dirname, '../support/build-images.ts');
    const words = ['-c', 'umask "$0" && exec "$@"', umask, process.execPath, script, folder, newCache()];
    const output = execFileSync('sh', words, { encoding: 'utf8', env: { ...process.env, ...env } });
    return JSON.parse(output) as Readonly<Record<string, string>>;
  };
  const plain = build(write(newFolder(), files), '022', { TZ: 'UTC', LANG: 'C.UTF-8' });
  const strange = { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', USER: 'other' };
  expect(build(write(join(newFolder(), 'a/b c'), files), '077', strange)).toEqual(plain);
  expect(plain).toEqual({ probe: expect.stringMatching(/^sha256:/) });
});
