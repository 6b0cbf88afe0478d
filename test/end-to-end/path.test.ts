import { afterAll, beforeAll, describe } from 'vitest';
import { instance, System } from '../support/system.ts';
import { accepting } from './chapters/accepting.ts';
import { admitting } from './chapters/admitting.ts';
import { badInput } from './chapters/bad-input.ts';
import { certified } from './chapters/certified.ts';
import { changing } from './chapters/changing.ts';
import { disturbed } from './chapters/disturbed.ts';
import { drilling } from './chapters/drilling.ts';
import { hardened } from './chapters/hardened.ts';
import { inTheBrowser } from './chapters/in-the-browser.ts';
import { interrupted } from './chapters/interrupted.ts';
import { operating } from './chapters/operating.ts';
import { releasing } from './chapters/releasing.ts';
import { removing } from './chapters/removing.ts';
import { reproducible } from './chapters/reproducible.ts';
import { starting } from './chapters/starting.ts';
import { surviving } from './chapters/surviving.ts';
import { thePage } from './chapters/the-page.ts';
import { verified } from './chapters/verified.ts';
import { watched } from './chapters/watched.ts';

/*
 * The first milestone, told once from beginning to end on one real cluster of the tests' own. The chapters follow each
 * other in this order, because starting a cluster takes most of the time; each brings the system up for itself (which
 * takes moments where it is up), so one can also be run alone: `vitest run --project end-to-end -t surviving`.
 */
const system = new System();

// What an earlier run left when it was killed.
beforeAll(() => system.must('down', '--data', '--yes'));
afterAll(() => system.remove());

describe(`the path of ${instance}`, () => {
  describe('starting', () => starting(system));
  describe('operating', () => operating(system));
  describe('watched', () => watched(system));
  describe('in the browser', () => inTheBrowser(system));
  describe('shown and explained', () => thePage(system));
  describe('changing', () => changing(system));
  describe('releasing', () => releasing(system));
  describe('disturbed', () => disturbed(system));
  describe('drilling', () => drilling(system));
  describe('certified', () => certified(system));
  describe('verified', () => verified(system));
  describe('only what came out of the path runs', () => admitting(system));
  describe('hardened', () => hardened(system));
  describe('bad input', () => badInput(system));
  describe('surviving', () => surviving(system));
  describe('interrupted', () => interrupted(system));
  describe('reproducible', () => reproducible(system));
  describe('removing', () => removing(system));
  describe('accepted', () => accepting(system));
});
