import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Actions, Session } from './actions.ts';
import type { Command, Output } from './command.ts';
import { commands as allCommands } from './commands.ts';
import { endingOf } from './failure.ts';
import { commandHelp, toolHelp } from './help.ts';
import { type Parsed, parseCommandLine } from './parse.ts';
import { jsonRenderer } from './render/json.ts';
import { linesRenderer } from './render/lines.ts';
import { colorWanted, type Look } from './render/look.ts';
import type { Renderer } from './render/renderer.ts';
import { terminalRenderer } from './render/terminal.ts';

/** Where text goes: `process.stdout`, `process.stderr`, or an array in a test. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  on?(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** What the command line is run with; `main.ts` hands in this process's. */
export interface World {
  readonly actions: Actions;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  /** Aborted by Ctrl-C (`watchInterrupts`). */
  readonly signal: AbortSignal;
  /** Asks at the terminal; absent where nobody sits at one. */
  readonly ask?: (question: string) => Promise<string>;
  /** Milliseconds; never goes back. */
  monotonic(): number;
  readonly commands?: readonly Command[];
}

/**
 * Runs one command line (the words after `ptp`) and returns the exit code. Never throws. Whoever reads standard
 * output may close it (`ptp logs | head`): that ends the command as SIGPIPE would, with 141.
 */
export async function runCommandLine(args: readonly string[], world: World): Promise<number> {
  const closed = new Promise<number>((resolve) => {
    world.stdout.on?.('error', (error) => resolve(error.code === 'EPIPE' ? 141 : 1));
    // Nobody sees the progress then, which is no reason to stop half-way.
    world.stderr.on?.('error', () => {});
  });
  return Promise.race([runWords(args, world), closed]);
}

async function runWords(args: readonly string[], world: World): Promise<number> {
  const json = args.includes('--json');
  const stdoutLook = lookOf(world.stdout, world.env);
  const stderrLook = lookOf(world.stderr, world.env);
  const screen = screenOf(json, stderrLook, world);
  try {
    const parsed = parseCommandLine(args, world.commands ?? allCommands);
    return parsed.kind === 'run'
      ? await runCommand(parsed, { world, screen, output: outputOf(json, stdoutLook, world, screen) })
      : showPage(parsed, stdoutLook, world);
  } catch (error) {
    screen.end();
    const ending = endingOf(error, world.signal.aborted, stderrLook, (file, line) =>
      lineOf(resolve(world.cwd, file), line),
    );
    if (json) world.stdout.write(`${JSON.stringify(ending.json)}\n`);
    else world.stderr.write(`${ending.lines.join('\n')}\n`);
    return ending.code;
  } finally {
    screen.end();
  }
}

async function runCommand(
  parsed: Extract<Parsed, { readonly kind: 'run' }>,
  { world, screen, output }: { readonly world: World; readonly screen: Screen; readonly output: Output },
): Promise<number> {
  const session: Session = { emit: screen.emit, signal: world.signal };
  const absolute = resolve(world.cwd, parsed.values.get('file') ?? 'ptp.yaml');
  // As a person would write it, because diagnostics begin with it.
  const seen = relative(world.cwd, absolute);
  const file = seen.startsWith('..') ? absolute : seen;
  const { ask } = world;
  return parsed.command.run({
    // Whoever asks for JSON is a program.
    ...(ask === undefined || output.json
      ? {}
      : {
          ask: (question: string) => {
            screen.end();
            return ask(question);
          },
        }),
    flags: parsed.flags,
    values: parsed.values,
    words: parsed.words,
    actions: world.actions,
    session,
    output,
    cwd: world.cwd,
    monotonic: () => world.monotonic(),
    version: world.version,
    file: absolute,
    async load(text) {
      // Brings what reads YAML and checks it, for which `ptp --help` should not wait.
      const { loadProject } = await import('../project/load.ts');
      return loadProject(absolute, parsed.values.get('target'), {
        emit: session.emit,
        env: world.env,
        shownAs: file,
        ...(text === undefined ? {} : { text }),
      });
    },
  });
}

function showPage(parsed: Exclude<Parsed, { readonly kind: 'run' }>, look: Look, world: World): number {
  if (parsed.kind === 'version') world.stdout.write(`${world.version}\n`);
  else if (parsed.command === undefined) world.stdout.write(toolHelp(world.commands ?? allCommands, look));
  else world.stdout.write(commandHelp(parsed.command, look));
  return 0;
}

/** Where events are shown while a command runs. */
interface Screen {
  readonly emit: Session['emit'];
  /** Takes away what moves; nothing is drawn again until the next event. May be called twice. */
  end(): void;
}

function screenOf(json: boolean, look: Look, world: World): Screen {
  const sink = json ? world.stdout : world.stderr;
  const lively = !json && sink.isTTY === true && world.env.TERM !== 'dumb';
  const renderer = rendererFor(json, lively, look, sink.rows || 24);
  const write = (text: string): void => {
    if (text !== '') sink.write(text);
  };
  let timer: NodeJS.Timeout | undefined;
  world.signal.addEventListener('abort', () => write(renderer.pause()));
  return {
    emit(event) {
      write(renderer.event(event, world.monotonic()));
      if (lively) timer ??= setInterval(() => write(renderer.tick(world.monotonic())), 100).unref();
    },
    end() {
      clearInterval(timer);
      timer = undefined;
      write(renderer.end(world.monotonic()));
    },
  };
}

function rendererFor(json: boolean, lively: boolean, look: Look, rows: number): Renderer {
  if (json) return jsonRenderer();
  return lively ? terminalRenderer(look, rows) : linesRenderer(look);
}

function outputOf(json: boolean, look: Look, world: World, screen: Screen): Output {
  return {
    look,
    json,
    result(value, text) {
      screen.end();
      world.stdout.write(json ? `${JSON.stringify(value)}\n` : text);
    },
    raw(text) {
      screen.end();
      world.stdout.write(text);
    },
  };
}

// A terminal that does not tell its size tells 0.
function lookOf(sink: Sink, env: World['env']): Look {
  return { color: colorWanted(env, sink.isTTY === true), columns: Math.max(20, sink.columns || 100) };
}

function lineOf(file: string, line: number): string | undefined {
  try {
    return readFileSync(file, 'utf8').split('\n')[line - 1];
  } catch {
    return undefined;
  }
}
