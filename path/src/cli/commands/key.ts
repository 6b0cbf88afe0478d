import type { Command } from '../command.ts';

/** `ptp key`. */
export const key: Command = {
  name: 'key',
  summary: "print the public key that the project's images are signed with",
  usage: 'key',
  description: 'Whoever has it can verify images: cosign verify --key <file> --insecure-ignore-tlog <image>',
  options: {},
  words: 0,
  async run({ load, actions, output, session }) {
    const { publicKey } = await actions.signingKey(await load(), session);
    output.result({ kind: 'key', publicKey }, publicKey);
    return 0;
  },
};
