import type { Command } from '../command.ts';

/** `ptp token`. */
export const token: Command = {
  name: 'token',
  summary: "a short-lived token for a cloud's cluster, as kubectl asks for it",
  usage: 'token',
  description:
    'What the kubeconfig of `ptp kubeconfig` has kubectl call (client.authentication.k8s.io/v1 ExecCredential).',
  options: {},
  words: 0,
  async run({ load, actions, session, output }) {
    const secret = await actions.token(await load(), session);
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: secret.reveal() },
    };
    output.raw(`${JSON.stringify(credential)}\n`);
    return 0;
  },
};
