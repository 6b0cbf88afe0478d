import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

/** Knot DNS, which serves one zone and takes updates of it that are signed with its key (RFC 2136, RFC 8945). */
export class NameServer {
  readonly zone: string;
  /** TSIG, hmac-sha256: the secret in base64. */
  readonly key = { name: 'ptp', secret: randomBytes(32).toString('base64') };
  readonly #folder = mkdtempSync(join(tmpdir(), 'ptp-names-'));
  #port = 0;
  #server: ChildProcess | undefined;

  constructor(zone: string) {
    this.zone = zone;
  }

  get port(): number {
    return this.#port;
  }

  /** Serves the zone on every address of this machine; each name in it leads to 127.0.0.1. */
  async start(): Promise<void> {
    this.#port = await freePort();
    const folder = (name: string) => {
      mkdirSync(join(this.#folder, name), { recursive: true });
      return join(this.#folder, name);
    };
    const records = [
      `@ 60 SOA ns.${this.zone}. nobody.${this.zone}. 1 60 60 600 60`,
      `@ 60 NS ns.${this.zone}.`,
      'ns 60 A 127.0.0.1',
      '@ 60 A 127.0.0.1',
      '* 60 A 127.0.0.1',
    ];
    writeFileSync(join(folder('zones'), `${this.zone}.zone`), `${records.join('\n')}\n`);
    const configuration = [
      'server:',
      `  rundir: ${folder('run')}`,
      `  listen: 0.0.0.0@${this.#port}`,
      'log:',
      '  - target: stderr',
      '    any: warning',
      'database:',
      `  storage: ${folder('database')}`,
      'key:',
      `  - id: ${this.key.name}`,
      '    algorithm: hmac-sha256',
      `    secret: ${this.key.secret}`,
      'acl:',
      '  - id: updates',
      `    key: ${this.key.name}`,
      '    action: update',
      'zone:',
      `  - domain: ${this.zone}`,
      `    storage: ${join(this.#folder, 'zones')}`,
      '    acl: updates',
    ];
    const file = join(this.#folder, 'knot.conf');
    writeFileSync(file, `${configuration.join('\n')}\n`, { mode: 0o600 });
    this.#server = spawn('/usr/sbin/knotd', ['-c', file], { stdio: ['ignore', 'ignore', 'inherit'] });
    await until(
      'the name server answers',
      () => this.#control('zone-read', this.zone, '@', 'SOA'),
      (text) => text.includes('SOA'),
      30,
    );
  }

  /** The records that a name has now, as lines. */
  records(name: string): readonly string[] {
    return this.#control('zone-read', this.zone)
      .split('\n')
      .filter((line) => line.includes(` ${name}. `));
  }

  stop(): void {
    this.#server?.kill('SIGKILL'); // nothing of it is kept
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #control(...words: readonly string[]): string {
    const socket = join(this.#folder, 'run/knot.sock');
    return execFileSync('/usr/sbin/knotc', ['-s', socket, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }
}
