import { afterAll, beforeAll, describe } from 'vitest';
import { System } from '../support/system.ts';
import { accepting } from './chapters/accepting.ts';
import { changing } from './chapters/changing.ts';
import { explained } from './chapters/explained.ts';
import { inTheBrowser } from './chapters/in-the-browser.ts';
import { operating } from './chapters/operating.ts';
import { releasing } from './chapters/releasing.ts';
import { removing } from './chapters/removing.ts';
import { reproducible } from './chapters/reproducible.ts';
import { scaled } from './chapters/scaled.ts';
import { starting } from './chapters/starting.ts';
import { thePage } from './chapters/the-page.ts';
import { upgrading } from './chapters/upgrading.ts';
import { watched } from './chapters/watched.ts';

/*
 * What people do, told once from beginning to end on one real cluster of the tests' own; what happens to them is told in
 * trouble.test.ts. The chapters follow each other in this order, because starting a cluster takes most of the time; each
 * brings the system up for itself (which takes moments where it is up), so one can also be run alone:
 * `vitest run --project end-to-end -t releasing`.
 */
const system = new System();

// What an earlier run left when it was killed.
beforeAll(() => system.must('down', '--data', '--yes'));
afterAll(() => system.remove());

describe(`the path of ${system.instance}`, () => {
  describe('starting', () => starting(system));
  describe('operating', () => operating(system));
  describe('watched', () => watched(system));
  describe('in the browser', () => inTheBrowser(system));
  describe('explained', () => explained(system));
  describe('shown', () => thePage(system));
  describe('changing', () => changing(system));
  describe('releasing', () => releasing(system));
  describe('upgrading', () => upgrading(system));
  describe('scaled', () => scaled(system));
  describe('reproducible', () => reproducible(system));
  describe('removing', () => removing(system));
  describe('accepted', () => accepting(system));
});
