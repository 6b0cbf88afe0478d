import type { Command } from '../command.ts';
import { styled } from '../render/look.ts';
import { checksText } from './doctor.ts';
import { releaseNumber } from './release-number.ts';

/** `ptp verify`. */
export const verify: Command = {
  name: 'verify',
  summary: 'prove that what runs is what was intended',
  usage: 'verify [release] [--rebuild]',
  description:
    'Looks at the images that pods run, the registry, signatures, provenance and lists of parts, and at what was changed by hand. With --rebuild the release is built again from its commit, in a clean folder with an empty cache, and the digests are compared.',
  options: {
    rebuild: { type: 'boolean', description: 'build it again from its commit, and compare the digests' },
  },
  words: 1,
  async run({ load, actions, session, output, flags, words: [word] }) {
    const release = releaseNumber(word);
    const checks = await actions.verify(await load(), { release, rebuild: flags.has('rebuild') }, session);
    const good = checks.every(({ ok }) => ok);
    const end = good
      ? styled(output.look, 'green', '● what runs is what was intended')
      : styled(output.look, 'red', '● something is not as it was intended');
    output.result({ kind: 'verify', good, checks }, `${checksText(checks, output.look)}${end}\n`);
    return good ? 0 : 1;
  },
};
