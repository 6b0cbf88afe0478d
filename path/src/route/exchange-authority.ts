import { X509Certificate } from 'node:crypto';
import { StepFailed } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { deleteObject } from '../kubernetes/delete.ts';
import { fieldManager, label } from '../kubernetes/labels.ts';
import { getObject, list } from '../kubernetes/list.ts';
import type { KubernetesObject, SecretObject } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import { crossSigned } from './cross-signed.ts';
import { names } from './plan.ts';

/** What came of exchanging a project's own certificate authority. */
export interface AuthorityExchange {
  /** The certificates to trust, PEM: until now, and from now on. */
  readonly before: string;
  readonly after: string;
  /** Until when those who trust the one before are served as well. */
  readonly until: Date;
}

/** Milliseconds that the certificate signed by the authority before is good for, beyond cert-manager's year of care. */
const overlap = (365 + 90) * 86_400_000;

/**
 * Exchanges the project's own certificate authority for one with a new key and the same name (RFC 4210, 4.4.1: "new with
 * old"). What it issues is served with a certificate of the new key that the old one has signed: whoever trusts either
 * goes on. cert-manager keeps the new key and, a year before that certificate ends, takes the authority's own
 * certificate in its place; from then on only the new one is served for.
 * @throws StepFailed where there is no authority
 */
export async function exchangeAuthority(
  context: Context,
  client: KubernetesClient,
  project: Project,
): Promise<AuthorityExchange> {
  const { namespace } = project.target;
  const key = { apiVersion: 'v1', kind: 'Secret', name: names.authority, namespace };
  const live = await getObject<SecretObject>(client, key, context.signal);
  const [certificates, privateKey] = ['tls.crt', 'tls.key'].map((name) =>
    Buffer.from(live?.data?.[name] ?? '', 'base64').toString('utf8'),
  );
  if (!certificates || !privateKey)
    throw new StepFailed({
      what: 'the project has no authority of its own',
      where: { object: `${namespace}/secret/${names.authority}` },
      next: 'Run `ptp up`.',
    });
  const chain = certificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const root = chain.find((pem) => isOwn(pem)) ?? chain[0] ?? '';
  const made = await crossSigned({
    issuer: chain[0] ?? '',
    privateKey,
    now: context.clock.now(),
    lasts: overlap,
  });
  const [cross, signer] = [made.cross, chain[0] ?? ''].map((pem) => new X509Certificate(pem));
  if (
    cross === undefined ||
    signer === undefined ||
    !cross.checkIssued(signer) ||
    !cross.verify(signer.publicKey)
  )
    throw new StepFailed({
      what: 'the new authority is not one that the old one vouches for: nothing was changed',
    });
  // Told before it is served for: whoever trusts it early loses nothing.
  await keep(context, client, project, made.own);
  // cert-manager would take a key other than that of its last request for a mistake, and issue anew.
  await forgetRequests(context, client, namespace);
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  await client.send({
    method: 'PATCH',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${names.authority}`,
    query: { fieldManager },
    contentType: 'application/merge-patch+json',
    body: {
      data: {
        'tls.crt': encoded(`${[made.cross, ...chain].map((pem) => pem.trim()).join('\n')}\n`),
        'tls.key': encoded(made.privateKey),
        'ca.crt': encoded(`${root.trim()}\n`),
      },
    },
    signal: context.signal,
  });
  return { before: root, after: made.own, until: new X509Certificate(made.cross).validToDate };
}

/** Whether a certificate is signed with the key that it is of. */
function isOwn(pem: string): boolean {
  const certificate = new X509Certificate(pem);
  return certificate.verify(certificate.publicKey);
}

async function keep(
  { signal }: Pick<Context, 'signal'>,
  client: KubernetesClient,
  { name, target }: Project,
  certificate: string,
): Promise<void> {
  const { namespace } = target;
  const body: SecretObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: names.nextAuthority,
      namespace,
      labels: { [label.managedBy]: fieldManager, [label.project]: name },
    },
    type: 'Opaque',
    data: { 'ca.crt': Buffer.from(`${certificate.trim()}\n`).toString('base64') },
  };
  await client.send({
    method: 'PATCH',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${names.nextAuthority}`,
    query: { fieldManager, force: true },
    contentType: 'application/apply-patch+yaml',
    body,
    signal,
  });
}

async function forgetRequests(
  { signal }: Pick<Context, 'signal'>,
  client: KubernetesClient,
  namespace: string,
): Promise<void> {
  const kind = { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest' };
  const requests = await list<KubernetesObject>(client, { ...kind, namespace }, signal);
  const own = requests.filter(
    ({ metadata }) => metadata.annotations?.['cert-manager.io/certificate-name'] === names.authority,
  );
  for (const { metadata } of own)
    await deleteObject(
      { signal, emit: () => {} },
      client,
      { ...kind, name: metadata.name, namespace },
      { step: 'maintain' },
    );
}
