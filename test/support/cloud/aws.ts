import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { until } from '../until.ts';
import { type AwsCall, callOf } from './aws-calls.ts';
import { EksMemory } from './aws-eks.ts';
import { inventoryOf } from './aws-inventory.ts';
import { unlessAllowed } from './aws-permissions.ts';
import { clientsBehind, refusal } from './aws-strict.ts';
import { pythonEnvironment } from './python.ts';
import type { Reality, StandIn, Verdict } from './stand-in.ts';

/** An AWS account that moto and ministack play, with a door of ours in front of them. */
export interface AwsStandIn extends Omit<StandIn, 'calls' | 'intercept'> {
  readonly calls: AwsCall[];
  intercept: ((call: AwsCall) => Verdict | Promise<Verdict>) | undefined;
  /** Alters an answer on its way back: a status that is not there yet. */
  alter: ((call: AwsCall, body: string) => string) | undefined;
  /** Where moto and ministack themselves are, for looking past the door. */
  readonly moto: string;
  readonly ministack: string;
  /** Resolves when no call is under way, also none whose caller has gone. */
  idle(): Promise<void>;
}

const account = '123456789012';

/**
 * Starts moto (for everything but EKS) and ministack (for EKS), both others' and from PyPI, and a door of ours: it routes
 * by the service that a request is signed for, keeps what ministack forgets of a cluster, refuses some of what AWS
 * refuses and they take, and lets tests into every call.
 */
export async function startAws(reality: Reality = {}): Promise<AwsStandIn> {
  const bin = await pythonEnvironment(readFileSync(new URL('aws-requirements.txt', import.meta.url), 'utf8'));
  const [motoPort, ministackPort] = [await freePort(), await freePort()];
  const [moto, ministack] = [motoPort, ministackPort].map((port) => `http://127.0.0.1:${port}`) as [
    string,
    string,
  ];
  const servers = [
    server(join(bin, 'moto_server'), ['-H', '127.0.0.1', '-p', String(motoPort)], {
      MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
      MOTO_EC2_LOAD_DEFAULT_AMIS: 'false',
    }),
    server(join(bin, 'ministack'), [], {
      SERVICES: 'eks',
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(ministackPort),
      MINISTACK_ACCOUNT_ID: account,
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      DOCKER_HOST: 'unix:///nonexistent',
    }),
  ];
  const stopServers = () => {
    for (const { child } of servers) child.kill('SIGKILL');
  };
  // A run that ends without its last hook must not leave them behind.
  process.once('exit', stopServers);
  try {
    await until('moto answers', () => answers(`${moto}/moto-api/`), Boolean);
    await until('ministack answers', () => answers(`${ministack}/_ministack/health`), Boolean);
  } catch (error) {
    stopServers();
    throw new Error(`the stand-ins for AWS do not answer:\n${servers.map(({ log }) => log()).join('\n')}`, {
      cause: error,
    });
  }

  const behind = clientsBehind({ moto, ministack });
  const clusters = new EksMemory(reality);
  const calls: AwsCall[] = [];
  const underWay = new Set<Promise<void>>();
  const door = createServer((incoming, answer) => {
    const one: Promise<void> = handle(incoming, answer)
      .catch((error: unknown) => {
        // A caller that has gone takes no answer.
        if (answer.headersSent || answer.destroyed) return;
        answer.writeHead(500, { 'content-type': 'text/plain' });
        answer.end(String(error));
      })
      .finally(() => underWay.delete(one));
    underWay.add(one);
  });

  async function handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await read(incoming);
    const call = callOf(calls.length + 1, incoming, body);
    calls.push(call);
    const verdict: Verdict = (await standIn.intercept?.(call)) ?? 'answer';
    if (typeof verdict === 'object') {
      answer.writeHead(verdict.status, { ...verdict.headers });
      answer.end(verdict.body);
      return;
    }
    if (verdict === 'break off') {
      incoming.socket.destroy();
      return;
    }
    const refused = unlessAllowed(call) ?? (await refusal(call, behind)) ?? clusters.answer(call);
    const given = refused ?? (await pass(call.service === 'eks' ? ministackPort : motoPort, incoming, body));
    if (verdict === 'take effect and break off') {
      clusters.remember(call, given);
      incoming.socket.destroy();
      return;
    }
    let text = clusters.remember(call, given);
    text = real(call, text, reality);
    text = standIn.alter?.(call, text) ?? text;
    const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = given.headers;
    answer.writeHead(given.status, headers);
    answer.end(text);
  }

  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const address = door.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const standIn: AwsStandIn = {
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    calls,
    intercept: undefined,
    alter: undefined,
    moto,
    ministack,
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    inventory: () => inventoryOf({ moto, ministack }),
    async reset() {
      calls.length = 0;
      standIn.intercept = undefined;
      standIn.alter = undefined;
      clusters.forget();
      for (const url of [`${moto}/moto-api/reset`, `${ministack}/_ministack/reset`]) {
        const response = await fetch(url, { method: 'POST' });
        if (!response.ok) throw new Error(`${url} answers ${response.status}`);
      }
    },
    async stop() {
      for (const client of Object.values(behind)) client.destroy();
      door.closeAllConnections();
      await new Promise((resolve) => door.close(resolve));
      process.off('exit', stopServers);
      stopServers();
    },
  };
  return standIn;
}

/** Puts what is really there into an answer. */
function real(call: AwsCall, text: string, reality: Reality): string {
  // moto signs everybody in as somebody whom AWS has no name for.
  if (call.name === 'sts GetCallerIdentity')
    return text.replace(/arn:aws:sts::\d+:user\/moto/, `arn:aws:iam::${account}:user/deployer`);
  if (reality.registry !== undefined && call.service === 'ecr')
    return text.replaceAll(/\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/g, reality.registry);
  if (reality.database !== undefined && call.service === 'rds')
    return text.replaceAll(
      /<Endpoint>.*?<\/Endpoint>/gs,
      `<Endpoint><Address>${reality.database.host}</Address><Port>${reality.database.port}</Port></Endpoint>`,
    );
  return text;
}

/** An answer of one of the stand-ins'. */
export interface Given {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function pass(port: number, incoming: IncomingMessage, body: Buffer): Promise<Given> {
  return new Promise((resolve, reject) => {
    const headers = { ...incoming.headers, host: `127.0.0.1:${port}`, 'content-length': String(body.length) };
    const outgoing = request(
      { port, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 500,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function server(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child: ChildProcess = spawn(program, args, {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const take = (chunk: Buffer) => {
    text = `${text}${chunk.toString()}`.slice(-4000);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return { child, log: () => text };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
