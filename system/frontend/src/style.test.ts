import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const css = await readFile(new URL('style.css', import.meta.url), 'utf8');
const [light = '', dark = ''] = [...css.matchAll(/:root \{([^}]*)\}/g)].map((match) => match[1]);

/** The relative luminance of a colour (WCAG 2.2, "relative luminance"). */
function luminance(scheme: string, name: string): number {
  const hex = new RegExp(`--${name}: #([0-9a-f]{6});`).exec(scheme)?.[1];
  if (hex === undefined) throw new Error(`no colour --${name}`);
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test.each([
  ['light', light],
  ['dark', dark],
])('in the %s scheme every text stands out at least 4.5 to 1', (_, scheme) => {
  for (const [text, ground] of [
    ['text', 'ground'],
    ['text', 'surface'],
    ['quiet', 'surface'],
    ['accent', 'surface'],
    ['on-accent', 'accent'],
    ['on-accent', 'accent-strong'],
    ['trouble', 'trouble-surface'],
  ] as const) {
    const [one, other] = [luminance(scheme, text), luminance(scheme, ground)];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    expect(ratio, `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  }
});

test('who wants less motion gets none', () => {
  const rules = css.slice(css.indexOf('@media (prefers-reduced-motion: reduce)'));
  expect(rules).toContain('transition: none');
  expect(rules).toContain('animation: none');
});

test('nothing is fixed wider than a narrow screen, and long words break', () => {
  for (const [declaration, rem] of css.matchAll(/(?<!max-)\bwidth: ([\d.]+)rem|min-width: ([\d.]+)rem/g)) {
    expect(Number(rem ?? /[\d.]+/.exec(declaration)?.[0]), declaration).toBeLessThan(15);
  }
  expect(css).not.toMatch(/\b(?:min-)?width: \d{3,}px/);
  expect(css).not.toContain('nowrap');
  expect(css).toMatch(/\np \{[^}]*overflow-wrap: anywhere/);
});
