import { StepFailed } from '../core/failure.ts';
import type { KubernetesClient } from './client.ts';

/** Which program to run, and in which container. */
export interface Execution {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The program and its arguments; no shell is between. */
  readonly command: readonly string[];
  /** What it reads from standard input, to its end; absent: nothing. */
  readonly input?: string | AsyncIterable<Uint8Array>;
  /** Takes what it writes to standard output as it comes; absent: it is returned. */
  readonly onOutput?: (chunk: Uint8Array) => void;
  readonly signal: AbortSignal;
}

/** What a program said, and how it ended. */
export interface Executed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The streams of remote commands (Kubernetes, pkg/util/remotecommand): the first byte of each message. */
const channels = { input: 0, output: 1, errors: 2, status: 3, close: 255 } as const;

/** Version 5 is the first that can tell that the input has ended. */
const protocol = 'v5.channel.k8s.io';

/** Bytes that may wait to be sent; what comes faster is read later. */
const mostWaiting = 4 * 1024 * 1024;

/** Bytes of output that are kept where nobody takes them as they come. */
const mostKept = 16 * 1024 * 1024;

interface Status {
  readonly status?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/**
 * Runs a program in a container that runs already (Kubernetes API, `pods/exec`, over a WebSocket).
 * @returns its exit code and what it said; a program that fails is no error here
 * @throws StepFailed where it cannot be run, or the connection broke before it ended
 */
export async function execute(client: KubernetesClient, given: Execution): Promise<Executed> {
  const { namespace, pod, container, command, input, signal } = given;
  signal.throwIfAborted();
  const query = new URLSearchParams([
    ['container', container],
    ...command.map((word) => ['command', word]),
    ['stdin', String(input !== undefined)],
    ['stdout', 'true'],
    ['stderr', 'true'],
  ]);
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec?${query}`;
  const socket = await client.socket(path, [protocol]);
  socket.binaryType = 'arraybuffer';
  const done = Promise.withResolvers<Executed>();
  const opened = Promise.withResolvers<void>();
  // Told by whichever is waited for.
  for (const one of [done, opened]) one.promise.catch(() => {});
  const said = { output: [] as Uint8Array[], errors: [] as Uint8Array[] };
  let kept = 0;
  const fail = (what: string, cause?: unknown): void => {
    const where = { object: `${namespace}/pod/${pod}` };
    const error = new StepFailed(
      { what: `\`${command[0]}\` could not be run: ${what}`, where, next: 'Run `ptp status`.' },
      { cause },
    );
    opened.reject(error);
    done.reject(error);
  };
  const abort = (): void => {
    opened.reject(signal.reason);
    done.reject(signal.reason);
    socket.close();
  };
  signal.addEventListener('abort', abort, { once: true });
  socket.addEventListener('open', () => opened.resolve());
  socket.addEventListener('error', (event) => {
    const { error, message } = event as ErrorEvent;
    fail(message || 'the connection failed', error);
  });
  socket.addEventListener('close', ({ code, reason }) => fail(`the connection ended (${code} ${reason})`));
  socket.addEventListener('message', ({ data }) => {
    const bytes = new Uint8Array(data as ArrayBuffer);
    const [channel, rest] = [bytes[0], bytes.subarray(1)];
    if (channel === channels.output && given.onOutput !== undefined) given.onOutput(rest);
    else if (channel === channels.output || channel === channels.errors) {
      kept += rest.byteLength;
      if (kept > mostKept) return fail('it says more than can be kept');
      said[channel === channels.output ? 'output' : 'errors'].push(rest);
    } else if (channel === channels.status) {
      const code = exitCode(JSON.parse(Buffer.from(rest).toString()) as Status);
      if (typeof code === 'string') return fail(code);
      done.resolve({ code, stdout: text(said.output), stderr: text(said.errors) });
    }
  });
  try {
    await opened.promise;
    // A program may end before it has read all: then nobody waits for the rest.
    if (input !== undefined) await Promise.race([send(socket, input), done.promise]);
    return await done.promise;
  } finally {
    signal.removeEventListener('abort', abort);
    socket.close();
  }
}

async function send(socket: WebSocket, input: string | AsyncIterable<Uint8Array>): Promise<void> {
  const chunks = typeof input === 'string' ? [Buffer.from(input)] : input;
  for await (const chunk of chunks) {
    while (socket.bufferedAmount > mostWaiting) await new Promise((resolve) => setTimeout(resolve, 5));
    if (socket.readyState !== socket.OPEN) return;
    socket.send(Buffer.concat([Buffer.of(channels.input), chunk]));
  }
  if (socket.readyState === socket.OPEN) socket.send(Buffer.of(channels.close, channels.input));
}

/** A program's exit code by the status at its end; a text where it never ran. */
export function exitCode({ status, message = '', details }: Status): number | string {
  if (status === 'Success') return 0;
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  return code === undefined ? message || 'it ended without a status' : Number(code);
}

function text(chunks: readonly Uint8Array[]): string {
  return Buffer.concat(chunks).toString();
}
