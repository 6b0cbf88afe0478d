import { X509Certificate } from 'node:crypto';
import { StepFailed } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { getObject } from '../kubernetes/list.ts';
import type { SecretObject } from '../kubernetes/objects.ts';
import { type Certificate, reissue } from '../kubernetes/reissue.ts';
import type { Drill } from './drill.ts';
import { untilServed } from './served-certificate.ts';

/** Seconds that an issuer has for a new certificate: one within the cluster, and a public one, who asks name servers. */
const deadlines = { own: 120, acme: 600 };

/** Has cert-manager issue a certificate anew, and waits for it. Throws StepFailed where none comes in time. */
export async function issuedAnew(
  context: Context,
  client: KubernetesClient,
  namespace: string,
  name: string,
): Promise<X509Certificate> {
  const before = await certificateOf(context, client, namespace, name);
  await reissue(context, client, namespace, name);
  return untilIssued(context, client, { namespace, name, before, deadline: deadlines.own });
}

/** Has cert-manager issue the users' certificate anew long before it has to, and waits until everybody gets it. */
export const renew: Drill = {
  name: 'renew',
  summary: 'the certificate that users see is issued anew',
  async run(context, { client, cluster, project, tools }) {
    const { namespace } = project.target;
    const { certificate: name } = tools.names;
    const before = await certificateOf(context, client, namespace, name);
    const deadline = cluster.acme === undefined ? deadlines.own : deadlines.acme;
    const began = context.clock.monotonic();
    await reissue(context, client, namespace, name);
    const after = await untilIssued(context, client, { namespace, name, before, deadline });
    const issued = context.clock.monotonic();
    const connections = await untilServed(context, tools.route, after.serialNumber);
    return {
      text: `certificate ${short(after)} is served instead of ${short(before)}`,
      facts: {
        oldSerial: before.serialNumber,
        oldNotAfter: before.validToDate.toISOString(),
        newSerial: after.serialNumber,
        newNotAfter: after.validToDate.toISOString(),
        secondsToIssue: seconds(issued - began),
        secondsToServe: seconds(context.clock.monotonic() - issued),
        handshakesWithTheNewOne: connections,
      },
    };
  },
};

const short = ({ serialNumber }: X509Certificate): string => serialNumber.slice(0, 12);
const seconds = (milliseconds: number): number => Math.round(milliseconds / 10) / 100;

async function certificateOf(
  { signal }: Pick<Context, 'signal'>,
  client: KubernetesClient,
  namespace: string,
  name: string,
): Promise<X509Certificate> {
  const key = { apiVersion: 'v1', kind: 'Secret', name, namespace };
  const encoded = (await getObject<SecretObject>(client, key, signal))?.data?.['tls.crt'];
  if (encoded === undefined)
    throw new StepFailed({
      what: 'the system has no certificate yet',
      where: { object: `${namespace}/secret/${name}` },
      next: 'Run `ptp up`.',
    });
  return new X509Certificate(Buffer.from(encoded, 'base64'));
}

async function untilIssued(
  context: Pick<Context, 'clock' | 'signal' | 'emit'>,
  client: KubernetesClient,
  {
    namespace,
    name,
    before,
    deadline,
  }: {
    readonly deadline: number;
    readonly namespace: string;
    readonly name: string;
    readonly before: X509Certificate;
  },
): Promise<X509Certificate> {
  const { clock, signal, emit } = context;
  const began = clock.monotonic();
  for (;;) {
    const now = await certificateOf(context, client, namespace, name);
    if (now.serialNumber !== before.serialNumber) return now;
    const waited = (clock.monotonic() - began) / 1000;
    if (waited > deadline) {
      const key = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name, namespace };
      const live = await getObject<Certificate>(client, key, signal);
      const said = (live?.status?.conditions ?? []).flatMap(({ type, message }) =>
        message === undefined ? [] : [`${type}: ${message}`],
      );
      throw new StepFailed({
        what: `after ${deadline} s no new certificate was issued`,
        where: { object: `${namespace}/certificate/${name}` },
        next: 'Look at what the issuer says: the certificate that there is goes on being served.',
        details: said,
      });
    }
    emit({ kind: 'progress', step: 'maintain', task: 'certificate', text: 'waiting for the issuer' });
    await clock.sleep(100, signal);
  }
}
