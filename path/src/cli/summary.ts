import type { Raised } from './actions.ts';
import { duration, type Look, shortDigest, styled, table } from './render/look.ts';

/** Seconds of each step, and from the command to its end: less than their sum where steps run side by side. */
export interface Timing {
  readonly steps: ReadonlyMap<string, number>;
  readonly total: number;
}

/**
 * What is to be known after `up`: which image of each component runs and whether it was replaced, how long each step
 * took, and where the system is reached.
 */
export function upSummary({ release, route, record }: Raised, { steps, total }: Timing, look: Look): string {
  const images = table(
    release.images.map(({ name, digest }) => [
      name,
      shortDigest(digest),
      release.rolled.includes(name) ? 'rolled out' : 'unchanged',
    ]),
  );
  const timing = [...steps].map(([step, taken]) => `${step} ${duration(taken)}`).join(' · ');
  return [
    '',
    ...images.map((line) => `  ${line}`),
    ...(timing === '' ? [] : ['', `  ${styled(look, 'dim', `${timing} · in all ${duration(total)}`)}`]),
    '',
    `  ${styled(look, 'green', '●')} ${styled(look, 'bold', route.url)}  ${styled(look, 'dim', `release ${record.number}${record.isNew ? '' : ', as before'}`)}`,
    ...(route.authority === undefined || route.issuedBy !== undefined ? [] : [`    ${trustHint(look)}`]),
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
