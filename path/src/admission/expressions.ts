import { listAnnotation } from './list.ts';

/*
 * The policy's rules in the Common Expression Language, as the API server evaluates them (kubernetes.io, "Validating
 * Admission Policy" and "Common Expression Language in Kubernetes"). Objects are taken as `dyn`, because one expression
 * has to fit every kind that makes pods.
 */

/** A variable or a validation of the policy. */
export interface Variable {
  readonly name: string;
  readonly expression: string;
}
export interface Validation {
  readonly expression: string;
  readonly message: string;
  readonly messageExpression: string;
  readonly reason: 'Forbidden';
}

/** `repository@sha256:…`, with a tag or without; nothing before it or after it. */
const byDigest = String.raw`'^[^@\\s]+@sha256:[0-9a-f]{64}$'`;
/** The part before the tag and the digest: a colon behind the last slash begins a tag, one before it a port. */
const repository = `'^(?:[^@]*/)?[^/:@]*'`;
const digest = `'@sha256:[0-9a-f]{64}$'`;

/** The list's lines. Nothing is in it where the annotation is missing. */
const list = `namespaceObject.metadata.?annotations[?${JSON.stringify(listAnnotation)}].orValue('').split('\\n')`;

/** The specification of the pods that an object is or makes. */
function podSpec(object: string): string {
  const spec = `dyn(${object}).spec`;
  return (
    `has(${spec}.jobTemplate) ? ${spec}.jobTemplate.spec.template.spec : ` +
    `has(${spec}.template) ? ${spec}.template.spec : ${spec}`
  );
}

/** All that a pod's specification runs or mounts as an image. */
function imagesOf(spec: string): string {
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].map(
    (kind) => `${spec}.?${kind}.orValue([]).map(c, c.?image.orValue(''))`,
  );
  const volumes = `${spec}.?volumes.orValue([]).filter(v, has(v.image)).map(v, v.image.?reference.orValue(''))`;
  return [...containers, volumes].join(' + ');
}

/** Whether the list has an image: its repository and its digest in one line. A tag beside a digest is never followed. */
const admitted = (image: string) =>
  `variables.lines.exists(l, l.startsWith(${image}.find(${repository}) + ' ') && ${hasDigest('l', image)})`;
/** Whether a line of the list has an image's digest, whatever the repository. */
function hasDigest(line: string, image: string): string {
  return `${line}.contains(${image}.find(${digest}).replace('@', ' '))`;
}

/**
 * What the policy computes of a request. Images that an object had before are not looked at again: controllers have to
 * be able to finish with pods whose release is gone, and a new pod is looked at in full.
 */
export const variables: readonly Variable[] = [
  { name: 'spec', expression: podSpec('object') },
  { name: 'before', expression: `request.operation == 'UPDATE' ? (${podSpec('oldObject')}) : dyn({})` },
  { name: 'known', expression: imagesOf('variables.before') },
  { name: 'images', expression: `(${imagesOf('variables.spec')}).filter(i, !(i in variables.known))` },
  { name: 'lines', expression: list },
  { name: 'tagged', expression: `variables.images.filter(i, !i.matches(${byDigest}))` },
  {
    name: 'refused',
    expression: `variables.images.filter(i, i.matches(${byDigest}) && !${admitted('i')})`,
  },
  {
    name: 'moved',
    expression: `variables.refused.filter(i, variables.lines.exists(l, ${hasDigest('l', 'i')}))`,
  },
  { name: 'unknown', expression: 'variables.refused.filter(i, !(i in variables.moved))' },
];

/** What is refused, with what, why and what to do. The server tells the first that fails. */
export function validations(project: string): readonly Validation[] {
  const carry = `Carry it with \`ptp up\`.`;
  const validation = (variable: string, why: string): Validation => ({
    expression: `variables.${variable}.size() == 0`,
    message: `${project} refuses an image: it ${why}. ${carry}`,
    messageExpression: `${JSON.stringify(`${project} refuses `)} + variables.${variable}.join(', ') + ${JSON.stringify(`: it ${why}. ${carry}`)}`,
    reason: 'Forbidden',
  });
  return [
    validation('tagged', 'is not named by its digest, and a tag can come to mean another image'),
    validation(
      'moved',
      `has the digest of an image of ${project} but comes from another place than the release was published to`,
    ),
    validation('unknown', `is not an image of a recorded release of ${project}`),
  ];
}
