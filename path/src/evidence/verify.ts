import type { Problem } from '../core/failure.ts';
import type { Attachments, Digest } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { parseManifest } from '../oci/manifest.ts';
import { fetchBundle } from './fetch-bundle.ts';
import { AlteredLayer } from './inventory/layer.ts';
import { packagesNotIn } from './sbom/complete.ts';
import { isSignedBy, keyHint, keyId } from './signing/envelope.ts';
import {
  bundleType,
  type EvidenceKind,
  evidenceKinds,
  predicateTypes,
  readStatement,
  statementType,
} from './statement.ts';

/** Which image, and whose evidence of it counts. */
export interface VerifyOptions {
  readonly attachments: Attachments;
  /** The image's name in the project. */
  readonly image: string;
  readonly digest: Digest;
  /** The key that must have signed, PEM. */
  readonly publicKey: string;
  /** Read the image's layers from the registry as well, and look whether both lists have all that lies in them. */
  readonly complete?: boolean;
}

/**
 * How it is with one kind of evidence. `missing`: nothing of the kind is attached; `tampered`: what is attached can't
 * be read, or is not what was signed; `other-key`: it is whole, and this key has not signed it; `other-subject`: it is
 * about another image; `incomplete`: the image has packages that the list lacks.
 */
export type EvidenceState = 'good' | 'missing' | 'tampered' | 'other-key' | 'other-subject' | 'incomplete';

/** What was found of one kind of evidence. */
export interface Finding {
  readonly kind: EvidenceKind;
  readonly state: EvidenceState;
  /** Where it is not good: why. */
  readonly why?: string;
  /** The manifest of the artifact that this is about. */
  readonly referrer?: Digest;
  /** What is said of the image, where it can be believed. */
  readonly predicate?: unknown;
}

/** What the evidence of one image is worth. */
export interface Verification {
  readonly image: string;
  readonly digest: Digest;
  /** The name of the key that was asked for: the sha256 of its public half. */
  readonly key: string;
  /** One for each kind. */
  readonly findings: readonly Finding[];
  readonly good: boolean;
  /** In words, for people; none where all is good. */
  readonly problems: readonly Problem[];
}

// The better one counts where several of a kind are attached: anybody who may push can attach a bad one.
const order: readonly EvidenceState[] = [
  'good',
  'incomplete',
  'other-subject',
  'tampered',
  'other-key',
  'missing',
];

/**
 * Holds an image's evidence in a registry against a key. What is wrong with evidence is told in the result; it throws
 * only where the registry can't be asked (StepFailed, UserMistake).
 */
export async function verifyEvidence(context: Context, options: VerifyOptions): Promise<Verification> {
  const { attachments, image, digest, publicKey } = options;
  const referrers = await attachments.list(image, digest);
  const bundles = referrers.filter(({ artifactType }) => artifactType === bundleType);
  const found = await Promise.all(
    bundles.map(async (referrer): Promise<Finding | undefined> => {
      const said = kindOf(referrer.annotations?.['dev.sigstore.bundle.predicateType']);
      const finding = (state: EvidenceState, more: Partial<Finding> = {}, kind = said) =>
        kind === undefined ? undefined : { kind, state, referrer: referrer.digest, ...more };
      const fetched = await fetchBundle(attachments, image, referrer);
      if (fetched.kind === 'broken') return finding('tampered', { why: fetched.why });
      const { envelope, subject } = fetched;
      if (!isSignedBy(envelope, publicKey)) {
        // Whoever altered what was signed leaves the name of the key behind; the name alone proves nothing.
        const altered = envelope.hint === keyHint(keyId(publicKey));
        return altered
          ? finding('tampered', { why: 'the signature is not one of what it holds' })
          : finding('other-key', { why: `it was signed with another key (${envelope.hint || 'unnamed'})` });
      }
      try {
        if (envelope.payloadType !== statementType) throw new TypeError(`it is ${envelope.payloadType}`);
        const { predicateType, predicate, subjects } = readStatement(envelope.payload);
        const kind = kindOf(predicateType);
        const same = subjects.includes(digest) && (subject === undefined || subject === digest);
        return same
          ? finding('good', { predicate }, kind)
          : finding('other-subject', { why: `it is about ${subjects.join(', ') || 'nothing'}` }, kind);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        return finding('tampered', { why: error.message });
      }
    }),
  );
  const best = evidenceKinds.map((kind): Finding => {
    const ofKind = found.filter((one) => one?.kind === kind);
    const sorted = ofKind.toSorted(
      (a, b) => order.indexOf(a?.state ?? 'missing') - order.indexOf(b?.state ?? 'missing'),
    );
    return sorted[0] ?? { kind, state: 'missing', why: 'nothing of the kind is attached' };
  });
  const { findings, layers } =
    options.complete === true ? await completed(context, options, best) : { findings: best, layers: [] };
  const problems = [...findings.flatMap((one) => problemOf(one, image, digest)), ...layers];
  return { image, digest, key: keyId(publicKey), findings, good: problems.length === 0, problems };
}

/** Holds both lists of parts against what lies in the layers. */
async function completed(
  context: Context,
  { attachments, image, digest }: VerifyOptions,
  findings: readonly Finding[],
): Promise<{ readonly findings: readonly Finding[]; readonly layers: readonly Problem[] }> {
  const broken = (what: string) => ({
    findings,
    layers: [{ what: `${image}: ${what}`, next: 'Publish the image anew with `ptp up`.' }],
  });
  const bytes = await attachments.manifest(image, digest);
  if (bytes === undefined) return broken(`the registry has no manifest ${digest}`);
  const { layers } = parseManifest(bytes);
  const { inventoryOf } = await import('./inventory/inventory.ts');
  try {
    const inventory = await inventoryOf(context, { image, layers, attachments, fromRegistry: true });
    return {
      layers: [],
      findings: findings.map((finding) => {
        if (finding.state !== 'good' || (finding.kind !== 'cyclonedx' && finding.kind !== 'spdx'))
          return finding;
        const lacking = packagesNotIn(finding.kind, finding.predicate, inventory);
        if (lacking.length === 0) return finding;
        const why = `it lacks ${lacking.slice(0, 3).join(', ')}${lacking.length > 3 ? ` and ${lacking.length - 3} more` : ''}`;
        return { ...finding, state: 'incomplete', why };
      }),
    };
  } catch (error) {
    if (error instanceof AlteredLayer) return broken(error.problems[0]?.what ?? error.message);
    throw error;
  }
}

const names: Readonly<Record<EvidenceKind, string>> = {
  signature: 'signature',
  provenance: 'provenance',
  cyclonedx: 'CycloneDX list of parts',
  spdx: 'SPDX list of parts',
};

const next: Readonly<Record<Exclude<EvidenceState, 'good'>, string>> = {
  missing: 'Sign it: run `ptp up` with the same sources.',
  tampered: 'Do not run it: find out who wrote to the registry, then sign the image anew.',
  'other-key': 'Do not run it, or say that this key may sign as well.',
  'other-subject': 'Do not run it: find out who attached it.',
  incomplete: 'Sign it anew with this version of ptp.',
};

function problemOf({ kind, state, why }: Finding, image: string, digest: Digest): readonly Problem[] {
  if (state === 'good') return [];
  const what = `${image}@${digest.slice(0, 19)}: no ${names[kind]} to believe: ${why ?? state}`;
  return [{ what, next: next[state] }];
}

function kindOf(predicateType: string | undefined): EvidenceKind | undefined {
  return evidenceKinds.find((kind) => predicateTypes[kind] === predicateType);
}
