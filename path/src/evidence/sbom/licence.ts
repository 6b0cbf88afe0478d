import parse from 'spdx-expression-parse';

/** What package.json says of a licence, as far as SPDX knows it. */
export type Licence =
  | { readonly kind: 'id' | 'expression'; readonly text: string }
  /** Words that are no expression: `SEE LICENSE IN LICENSE.md`. */
  | { readonly kind: 'words'; readonly text: string };

/** Reads the `license` of a package.json (SPDX 2.3, annex D). Pure. */
export function readLicence(text: string): Licence {
  try {
    const parsed = parse(text);
    const single = 'license' in parsed && !('exception' in parsed) && parsed.plus !== true;
    // What refers to a document of its own is known in that document only.
    if (/\b(?:LicenseRef|DocumentRef)-/u.test(text)) return { kind: 'words', text };
    return single ? { kind: 'id', text: parsed.license } : { kind: 'expression', text };
  } catch {
    return { kind: 'words', text };
  }
}
