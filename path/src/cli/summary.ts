import type { Raised } from './actions.ts';
import { duration, type Look, shortDigest, styled, table } from './render/look.ts';

/**
 * What is to be known after `up`: which image of each component runs and whether it was replaced, how long each step
 * took, and where the system is reached.
 */
export function upSummary(
  { release, route }: Raised,
  seconds: ReadonlyMap<string, number>,
  look: Look,
): string {
  const images = table(
    release.images.map(({ name, digest }) => [
      name,
      shortDigest(digest),
      release.rolled.includes(name) ? 'rolled out' : 'unchanged',
    ]),
  );
  const steps = [...seconds].map(([step, taken]) => `${step} ${duration(taken)}`).join(' · ');
  const total = [...seconds.values()].reduce((sum, taken) => sum + taken, 0);
  return [
    '',
    ...images.map((line) => `  ${line}`),
    ...(steps === '' ? [] : ['', `  ${styled(look, 'dim', `${steps} · together ${duration(total)}`)}`]),
    '',
    `  ${styled(look, 'green', '●')} ${styled(look, 'bold', route.url)}`,
    ...(route.authority === undefined ? [] : [`    ${trustHint(look)}`]),
    '',
  ].join('\n');
}

function trustHint(look: Look): string {
  return styled(
    look,
    'dim',
    'Its certificate is from an authority of its own; `ptp trust` makes this machine know it.',
  );
}
