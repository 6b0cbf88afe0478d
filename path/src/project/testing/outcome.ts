import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Problem, UserMistake } from '../../core/failure.ts';
import { loadProject } from '../load.ts';
import type { Project } from '../project.ts';

let folder: string;

/** Makes a folder for ptp.yaml with `src` and `conf.json` in it, for the tests of a file. Returns ptp.yaml's path. */
export function projectFolder(): () => string {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ptp-project-fuzz-'));
    await mkdir(join(folder, 'src'));
    await writeFile(join(folder, 'conf.json'), '{}');
  });
  afterAll(() => rm(folder, { recursive: true }));
  return () => join(folder, 'ptp.yaml');
}

/** What came of a text: the project, or the problems; anything else is thrown on. */
export async function outcome(text: string | Uint8Array): Promise<Project | readonly Problem[]> {
  const file = join(folder, 'ptp.yaml');
  await writeFile(file, text);
  try {
    return await loadProject(file, undefined, { env: {}, shownAs: 'ptp.yaml' });
  } catch (error) {
    if (error instanceof UserMistake) return error.problems;
    throw error;
  }
}

/** The problems of a text that must have some. */
export async function problemsOf(text: string | Uint8Array): Promise<readonly Problem[]> {
  const came = await outcome(text);
  if ('name' in came) throw new Error(`it loaded:\n${text}`);
  return came;
}

/** What Zod, yaml, V8 and careless templates say, and ptp never does. */
const raw =
  /Invalid input|Too (?:big|small)|expected (?:string|int|number|record|array|object|one of)|call stack|is not valid JSON|\[object|\bundefined\b|\bat \S+ \(/;

/** Asserts that a person can do something with each of the problems. */
export function told(problems: readonly Problem[], text: string | Uint8Array): void {
  const lines = Buffer.from(text)
    .toString('latin1')
    .split(/\n|\r\n?/).length;
  expect(problems).not.toHaveLength(0);
  expect(problems.length).toBeLessThanOrEqual(201);
  for (const { what, where, next = '' } of problems) {
    expect(where?.file).toBe('ptp.yaml');
    expect(where?.line).toBeGreaterThanOrEqual(1);
    expect(where?.line).toBeLessThanOrEqual(lines);
    for (const sentence of [what, next]) {
      expect(sentence.trim()).not.toBe('');
      expect(sentence.length).toBeLessThanOrEqual(600);
      expect(sentence).not.toMatch(raw);
      expect(sentence).not.toMatch(/[\p{Cc}\p{Cs}]/u);
    }
  }
}

/** Asserts that a text is a project, or that its problems are told. */
export async function loadsOrTells(text: string | Uint8Array): Promise<void> {
  const came = await outcome(text);
  if (!('name' in came)) told(came, text);
}
