import type { Command } from '../command.ts';

/** `ptp export`. */
export const exportManifests: Command = {
  name: 'export',
  summary: 'the manifests of the release that serves, for kubectl or another tool',
  usage: 'export',
  description:
    'Prints YAML that `kubectl apply --server-side --filename -` takes. Secrets are not in it; their names are, in comments.',
  options: {},
  words: 0,
  async run({ load, actions, session, output }) {
    const text = await actions.manifests(await load(), session);
    if (output.json) output.result({ kind: 'export', manifests: text }, text);
    else output.raw(text);
    return 0;
  },
};
