import { afterAll, beforeAll, describe } from 'vitest';
import { System } from '../support/system.ts';
import { admitting } from './chapters/admitting.ts';
import { badInput } from './chapters/bad-input.ts';
import { certified } from './chapters/certified.ts';
import { disturbed } from './chapters/disturbed.ts';
import { drilling } from './chapters/drilling.ts';
import { hardened } from './chapters/hardened.ts';
import { interrupted } from './chapters/interrupted.ts';
import { surviving } from './chapters/surviving.ts';
import { verified } from './chapters/verified.ts';

/*
 * What happens to a system: faults, attacks, kills, drills; on one real cluster of the tests' own, beside that of
 * path.test.ts. Each chapter brings the system up for itself and can be run alone:
 * `vitest run --project end-to-end -t surviving`.
 */
const system = new System({ instance: 'ptp-trouble', ports: { http: 17_080, https: 17_443 } });

// What an earlier run left when it was killed.
beforeAll(() => system.must('down', '--data', '--yes'));
afterAll(() => system.remove());

describe(`the path of ${system.instance} in trouble`, () => {
  describe('disturbed', () => disturbed(system));
  describe('drilling', () => drilling(system));
  describe('certified', () => certified(system));
  describe('verified', () => verified(system));
  describe('only what came out of the path runs', () => admitting(system));
  describe('hardened', () => hardened(system));
  describe('bad input', () => badInput(system));
  describe('surviving', () => surviving(system));
  describe('interrupted', () => interrupted(system));
});
