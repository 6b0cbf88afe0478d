/** The annotation on a project's namespace that lists the images which may run in it. */
export const listAnnotation = 'ptp.dev/images';

/**
 * A list of images as text, a line for each repository: `registry.example/hello/web sha256:… sha256:…`, sorted. All
 * annotations of an object have room for 256 KiB together (kubernetes.io, "Annotations"): a hundred components with ten
 * releases each take some 80.
 * @param references by digest, without a tag: `registry/repository@sha256:…`
 */
export function listText(references: readonly string[]): string {
  const lines = new Map<string, readonly string[]>();
  for (const reference of [...new Set(references)].sort()) {
    const [repository = '', digest = ''] = reference.split('@');
    lines.set(repository, [...(lines.get(repository) ?? []), digest]);
  }
  return [...lines].map(([repository, digests]) => [repository, ...digests].join(' ')).join('\n');
}

/** The references of a list, sorted; of text that is none, whatever looks like one. */
export function referencesIn(text: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line) => {
      const [repository, ...digests] = line.split(' ');
      return digests.map((digest) => `${repository}@${digest}`);
    })
    .sort();
}
