import { UserMistake } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import { agrees } from '../agrees.ts';
import type { Command, Invocation } from '../command.ts';
import { added, amount, billLines } from '../render/bill-lines.ts';
import { upSummary } from '../summary.ts';
import { stopwatch, timingsText } from '../timings.ts';

/** `ptp up`. */
export const up: Command = {
  name: 'up',
  summary: 'carry the system all the way to its users',
  usage: 'up [--force] [--no-wait] [--timings] [--yes]',
  description:
    'Walks the whole path. Run again, it changes only what differs; stopped in between, it goes on there.',
  options: {
    force: { type: 'boolean', description: 'take over what somebody changed by hand in the cluster' },
    'no-wait': {
      type: 'boolean',
      description: 'end as soon as the new version serves, while old pods still end',
    },
    yes: { type: 'boolean', short: 'y', description: 'spend money in a public cloud without asking' },
    timings: { type: 'boolean', description: 'show afterwards where the time went' },
  },
  words: 0,
  async run(invocation) {
    const { load, actions, session, output, monotonic, flags } = invocation;
    const began = monotonic();
    const watch = flags.has('timings') ? stopwatch(monotonic) : undefined;
    const project = await load();
    if (project.target.cloud !== undefined && !(await mayCost(invocation, project))) {
      output.result({ kind: 'up', stopped: true }, 'Nothing was made.\n');
      return 1;
    }
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

/**
 * Whether what is not there yet in a cloud's account may be made. Nobody is asked where nothing is to be made.
 * @throws UserMistake where there is nobody to ask, or where something stands in the way
 */
async function mayCost({ actions, session, ask, flags, output }: Invocation, project: Project) {
  const bill = await actions.bill(project, session);
  if (bill === undefined) return true;
  if (bill.account === undefined)
    throw new UserMistake({
      what: `there are no credentials for ${bill.cloud} on this machine`,
      next: bill.howToEnter,
    });
  if (bill.obstacles.length > 0) throw new UserMistake(bill.obstacles);
  const more = added(bill);
  if (more === 0 || flags.has('yes')) return true;
  const lines = billLines(bill, output.look);
  if (ask === undefined)
    throw new UserMistake({
      what: `this would cost about ${amount(bill, more)} a month more, and there is no terminal to ask at`,
      next: 'Look at `ptp plan`; add --yes where that is meant.',
      details: lines,
    });
  return agrees(ask, [...lines, '', `This adds about ${amount(bill, more)} a month. Go on? [y/N] `]);
}
