import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import 'reflect-metadata';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { freePort } from './free-port.ts';
import { goProgram } from './go-program.ts';
import { until } from './until.ts';

const module = join(import.meta.dirname, 'pebble');
const pebble = 'github.com/letsencrypt/pebble/v2/cmd/pebble';

/** What an authority is to know. */
export interface AuthorityOptions {
  /** An address of this machine that the cluster reaches it by. */
  readonly address: string;
  /** The port that it asks domains on, where a public one asks port 80. */
  readonly http: number;
  /** The name server that it finds domains by; absent: a server of its own that leads each to 127.0.0.1. */
  readonly nameServer?: string;
  /** Domains that it issues nothing for. */
  readonly refuses?: readonly string[];
}

/** Pebble, Let's Encrypt's own small authority for tests (RFC 8555); its own name server where it is given none. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ptp-authority-'));
  readonly #running: ChildProcess[] = [];
  #own = '';
  #directory = '';
  #management = '';

  /** The directory's URL, as the cluster reaches it. */
  get directory(): string {
    return this.#directory;
  }

  /** Starts it; what it says is kept for `said`. */
  async start({ address, http, nameServer, refuses = [] }: AuthorityOptions): Promise<void> {
    const { certificate, key } = await selfSigned(address);
    this.#own = certificate;
    const [listen, management, names, settings] = await Promise.all([1, 2, 3, 4].map(freePort));
    const file = (name: string, content: string) => {
      writeFileSync(join(this.#folder, name), content, { mode: 0o600 });
      return join(this.#folder, name);
    };
    const config = {
      pebble: {
        listenAddress: `0.0.0.0:${listen}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: file('certificate.pem', certificate),
        privateKey: file('key.pem', key),
        httpPort: http,
        tlsPort: 5001,
        domainBlocklist: refuses,
      },
    };
    this.#directory = `https://${address}:${listen}/dir`;
    this.#management = `https://127.0.0.1:${management}`;
    if (nameServer === undefined)
      this.#run(goProgram(module, `${pebble}-challtestsrv`), [
        '-defaultIPv4=127.0.0.1',
        '-defaultIPv6=',
        `-dnsserver=127.0.0.1:${names}`,
        `-management=127.0.0.1:${settings}`,
        ...['http01', 'https01', 'tlsalpn01', 'doh'].map((server) => `-${server}=`),
      ]);
    const server = nameServer ?? `127.0.0.1:${names}`;
    // It would else wait at random, and now and then refuse what is in order, to try clients.
    this.#run(
      goProgram(module, pebble),
      ['-config', file('config.json', JSON.stringify(config)), '-strict', '-dnsserver', server],
      {
        PEBBLE_VA_NOSLEEP: '1',
        PEBBLE_WFE_NONCEREJECT: '0',
      },
    );
    await until(
      'the authority answers',
      () => this.#get(`${this.#management}/roots/0`),
      (root) => root.includes('BEGIN CERTIFICATE'),
      30,
    );
  }

  /** PEM: of its directory's certificate, and of those that it issues; new with each start. */
  async roots(): Promise<string> {
    return `${this.#own}\n${await this.#get(`${this.#management}/roots/0`)}`;
  }

  stop(): void {
    for (const child of this.#running) child.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
    this.#running.push(child);
  }

  #get(url: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { ca: this.#own, agent: false, timeout: 5000 }, (response) => {
        text(response).then(resolve, reject);
      });
      sent.once('timeout', () => sent.destroy(new Error('no answer')));
      sent.once('error', reject).end();
    });
  }
}

/** A certificate for an address that vouches for itself. */
async function selfSigned(address: string): Promise<{ readonly certificate: string; readonly key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=an authority of tests',
    serialNumber: randomBytes(8).toString('hex').replace(/^./, '1'),
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new SubjectAlternativeNameExtension(
        [address, '127.0.0.1'].map((value) => ({ type: 'ip' as const, value })),
      ),
    ],
  });
  const der = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), key: PemConverter.encode(der, 'PRIVATE KEY') };
}
