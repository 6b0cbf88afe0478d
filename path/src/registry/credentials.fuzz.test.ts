import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { UserMistake } from '../core/failure.ts';
import { fuzzed, fuzzTime } from '../core/fuzz.test-support.ts';
import type { Processes } from '../effects/processes.ts';
import { findCredentials } from './credentials.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-docker-'));
  vi.stubEnv('DOCKER_CONFIG', folder);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const host = 'registry.example.com';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const odd = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary' }),
  fc.constantFrom('', ':', base64('me'), base64(':x'), 'a\nb', null),
);
const auth = fc.oneof(
  { weight: 1, arbitrary: odd },
  {
    weight: 3,
    arbitrary: fc.dictionary(
      fc.constantFrom('auth', 'username', 'password', 'identitytoken', 'registrytoken'),
      odd,
    ),
  },
);
const config = fc.oneof(
  odd,
  fc.dictionary(
    fc.constantFrom('auths', 'credHelpers', 'credsStore', 'proxies', '__proto__'),
    fc.oneof(
      odd,
      fc.dictionary(fc.constantFrom(host, `https://${host}/v1/`, '', '__proto__', 'constructor'), auth),
      fc.constantFrom('helper', '../../bin/sh', 'a b', '-rf'),
    ),
  ),
);
const answers = fc.oneof(
  fc.json(),
  fc.string(),
  fc.record({ Username: odd, Secret: odd }).map((answer) => JSON.stringify(answer)),
);

test('of any Docker configuration credentials come, or none, or that it is none', {
  timeout: fuzzTime,
}, async () => {
  const run = async (value: unknown, text: string | undefined, answer: string) => {
    await writeFile(join(folder, 'config.json'), text ?? JSON.stringify(value));
    const processes: Processes = {
      find: async (program) => `/bin/${program}`,
      run: async ({ program, args }) => {
        expect(program).toMatch(/^docker-credential-[\w.-]+$/);
        expect(args).toEqual(['get']);
        return { code: 0, stdout: answer, stderr: '' };
      },
      start: () => Promise.reject(new Error('nothing is to be started')),
    };
    try {
      const { credentials, source } = await findCredentials(processes, host);
      expect(source).toContain(folder);
      if (credentials === undefined) return;
      // What goes into a header as it is must not end it.
      if (credentials.kind === 'registry-token') expect(credentials.token.reveal()).toMatch(/^[\x21-\x7e]+$/);
      if (credentials.kind === 'password') expect(typeof credentials.username).toBe('string');
    } catch (error) {
      if (!(error instanceof UserMistake)) throw error;
      const [problem] = error.problems;
      expect(problem?.where?.file).toBe(join(folder, 'config.json'));
      expect(problem?.next).toBeDefined();
      expect(error.message).toBe(`${folder}/config.json: the Docker configuration file is not a JSON object`);
    }
  };
  await fc.assert(
    fc.asyncProperty(
      config,
      fc.option(fc.string({ unit: 'binary' }), { nil: undefined, freq: 4 }),
      answers,
      run,
    ),
    fuzzed(150),
  );
});
