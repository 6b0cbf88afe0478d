import { fact, showing, size } from '../fact.ts';
import type { Topic } from '../topic.ts';
import { promiseFacts } from '../watching.ts';

export const health: Topic = {
  name: 'health',
  part: 'Observability',
  question: 'How well is the system operating?',
  choice: () =>
    'Each component tells of its requests (rate, errors, duration), its pool and its process on a port of its own; nodes tell what pods use. `ptp status` has the answer on one screen and `ptp ui` shows it as it happens. How each rollout treated requests is in the records.',
  turnedDown: [
    { what: 'Logs alone', why: 'say what happened to one request and not how it is' },
    { what: 'An agent in every pod', why: 'the applications tell it themselves' },
  ],
  costs: () =>
    'Counters are those of pods that run: what was before them is in Prometheus, where it is installed.',
  decisions: [41, 42, 22, 34],
  facts(snapshot) {
    const { project, requests, usage, unread } = snapshot;
    const own = usage.filter(({ namespace }) => namespace === project.target.namespace);
    return [
      ...promiseFacts(snapshot),
      ...project.components.map(({ name }) => {
        const all = requests.filter(({ part }) => part === name);
        const total = all.reduce((sum, one) => sum + one.total, 0);
        const failed = all.reduce((sum, one) => sum + one.failed, 0);
        const seconds = all.reduce((sum, one) => sum + one.seconds, 0);
        const mean = total === 0 ? '' : `, ${((seconds / total) * 1000).toFixed(1)} ms each`;
        return fact(
          `requests of ${name}`,
          all.length === 0 ? undefined : `${total} since its pods started, ${failed} failed${mean}`,
          showing('Requests', name),
          all.length > 0 && failed <= total / 1000,
        );
      }),
      fact(
        'memory of all its pods',
        own.length === 0 ? undefined : size(own.reduce((sum, one) => sum + one.memory, 0)),
        'ptp cost',
        own.length > 0,
      ),
      fact(
        'processor time of all its pods',
        own.length === 0 ? undefined : `${own.reduce((sum, one) => sum + one.cpu, 0).toFixed(3)} processors`,
        'ptp cost',
        own.length > 0,
      ),
      ...unread.map(({ what, why }) => fact(what, `cannot be read: ${why}`, 'ptp status', false)),
    ];
  },
};
