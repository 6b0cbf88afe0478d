import type { Drill } from './drill.ts';

/** Goes back to the release before and forward again, as one would who has to. */
export const rollback: Drill = {
  name: 'rollback',
  summary: 'back to the release before, and forward again',
  async run({ clock }, { tools }) {
    if ((await tools.releaseBefore()) === undefined)
      return { notPossible: 'there is no release before this one that ran something else' };
    const began = clock.monotonic();
    const back = await tools.rollBack();
    const between = clock.monotonic();
    const forward = await tools.rollBack(back.from);
    const seconds = (from: number, to: number) => Math.round((to - from) / 10) / 100;
    return {
      text: `release ${back.backTo} served again, and then release ${forward.backTo}`,
      facts: {
        from: back.from,
        backTo: back.backTo,
        replaced: back.rolled.join(', '),
        secondsBack: seconds(began, between),
        secondsForward: seconds(between, clock.monotonic()),
      },
    };
  },
};
