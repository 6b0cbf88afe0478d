import type { Drill } from './drill.ts';

/** Exchanges the key that images are signed with; earlier releases stay verified and let in. */
export const rotateSigningKey: Drill = {
  name: 'rotate-signing-key',
  summary: 'the key that images are signed with is exchanged; earlier releases stay good',
  async run(_context, { tools }) {
    const done = await tools.exchangeSigningKey();
    if (done === undefined)
      return { notPossible: 'the project has no key of its own here: one is named, or certificates sign' };
    const { from, to, images, signatures } = done;
    return {
      text: `images are signed with ${to.slice(0, 12)} instead of ${from.slice(0, 12)}; so are the ${images} of all releases`,
      facts: { from, to, images, signatures },
    };
  },
};
