import type { Command } from '../command.ts';
import { upSummary } from '../summary.ts';
import { stopwatch, timingsText } from '../timings.ts';

/** `ptp up`. */
export const up: Command = {
  name: 'up',
  summary: 'carry the system all the way to its users',
  usage: 'up [--force] [--no-wait] [--timings]',
  description:
    'Walks the whole path. Run again, it changes only what differs; stopped in between, it goes on there.',
  options: {
    force: { type: 'boolean', description: 'take over what somebody changed by hand in the cluster' },
    'no-wait': {
      type: 'boolean',
      description: 'end as soon as the new version serves, while old pods still end',
    },
    timings: { type: 'boolean', description: 'show afterwards where the time went' },
  },
  words: 0,
  async run({ load, actions, session, output, monotonic, flags }) {
    const began = monotonic();
    const watch = flags.has('timings') ? stopwatch(monotonic) : undefined;
    const project = await load();
    const seconds = new Map<string, number>();
    const { release, route, record, traffic } = await actions.up(
      project,
      { overrule: flags.has('force'), wait: !flags.has('no-wait') },
      {
        ...session,
        emit(event) {
          if (event.kind === 'step-done') seconds.set(event.step, event.seconds);
          watch?.event(event);
          session.emit(event);
        },
      },
    );
    const total = (monotonic() - began) / 1000;
    const images = release.images.map(({ name, digest, reference }) => ({ name, digest, reference }));
    output.result(
      {
        kind: 'up',
        url: route.url,
        release: record.number,
        isNew: record.isNew,
        namespace: release.namespace,
        images,
        rolled: release.rolled,
        seconds: Object.fromEntries(seconds),
        total,
        ...(traffic === undefined ? {} : { traffic }),
        ...(watch === undefined ? {} : { timings: watch.spans() }),
      },
      [
        watch === undefined ? '' : timingsText(watch.spans(), monotonic() / 1000, output.look),
        upSummary({ release, route, record }, { steps: seconds, total }, output.look),
      ].join(''),
    );
    return 0;
  },
};
