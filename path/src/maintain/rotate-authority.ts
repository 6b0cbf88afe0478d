import { X509Certificate } from 'node:crypto';
import type { Drill } from './drill.ts';
import { issuedAnew } from './renew.ts';
import { servedSerial, untilServed } from './served-certificate.ts';

/** Exchanges the project's own certificate authority; whoever trusts either of the two is served. */
export const rotateAuthority: Drill = {
  name: 'rotate-authority',
  summary: 'the authority of certificates is exchanged; both are trusted for a while',
  async possible(_context, { cluster }) {
    return cluster.acme === undefined
      ? undefined
      : { notPossible: 'certificates are from a public authority, which exchanges its own keys' };
  },
  async run(context, { client, project, tools }) {
    const { namespace } = project.target;
    const { before, after, until } = await tools.exchangeAuthority();
    const certificate = await issuedAnew(context, client, namespace, tools.names.certificate);
    const { route } = tools;
    await untilServed(context, { ...route, authority: before }, certificate.serialNumber);
    // Whoever trusts the new one alone, as well.
    const served = await servedSerial({ ...route, authority: after });
    await tools.watchAnew();
    return {
      text: `certificates are from a new authority; the one before is served for until ${until.toISOString().slice(0, 10)}`,
      facts: {
        serial: served,
        authority: new X509Certificate(after).fingerprint256,
        authorityBefore: new X509Certificate(before).fingerprint256,
        oldTrustedUntil: until.toISOString(),
      },
    };
  },
};
