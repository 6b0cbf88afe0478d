import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** What Azure's services take, as Microsoft's own packages for Python have it. */
export interface Models {
  /** What is wrong with a body; undefined where the service would take it. */
  problem(request: string, body: unknown): string | undefined;
  /** Whether a type of resources can be asked for in a version. */
  speaks(type: string, version: string): boolean;
}

interface Told {
  readonly requests: Readonly<Record<string, object>>;
  readonly versions: Readonly<Record<string, readonly string[]>>;
}

const run = promisify(execFile);

/**
 * Reads the models, from packages of PyPI in an environment of their own below ~/.cache/ptp; what came of it is kept
 * there by the digest of what it was made from.
 */
export async function azureModels(): Promise<Models> {
  const [requirements, script] = ['requirements.txt', 'models.py'].map((name) =>
    join(import.meta.dirname, name),
  ) as [string, string];
  const digest = createHash('sha256')
    .update(readFileSync(requirements))
    .update(readFileSync(script))
    .digest('hex');
  const folder = join(homedir(), '.cache/ptp/test/azure-models');
  const file = join(folder, `${digest}.json`);
  const told = readTold(file) ?? (await make(requirements, script, folder, file));
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const known = new Map<string, ValidateFunction>();
  return {
    problem(request, body) {
      const schema = told.requests[request];
      if (schema === undefined) return `the stand-in knows no ${request}`;
      const validate = known.get(request) ?? ajv.compile(schema);
      known.set(request, validate);
      return validate(body) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'body' });
    },
    speaks(type, version) {
      const [service = ''] = type.split('/');
      const versions =
        told.versions[type] ?? told.versions[type.split('/').slice(0, 2).join('/')] ?? told.versions[service];
      return versions?.includes(version) ?? false;
    },
  };
}

function readTold(file: string): Told | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Told;
  } catch {
    return undefined;
  }
}

async function make(requirements: string, script: string, folder: string, file: string): Promise<Told> {
  mkdirSync(folder, { recursive: true });
  // Of this process alone: tests beside this one may be making the same.
  const place = join(folder, `python-${process.pid}`);
  try {
    await run('python3', ['-m', 'venv', place]);
    const python = join(place, 'bin/python');
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '-r',
      requirements,
    ];
    await run(python, install, { maxBuffer: 2 ** 24 });
    const { stdout } = await run(python, [script], { maxBuffer: 2 ** 26 });
    writeFileSync(`${file}.${process.pid}`, stdout);
    renameSync(`${file}.${process.pid}`, file);
    return JSON.parse(stdout) as Told;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
