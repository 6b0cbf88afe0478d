import type { Form, SiteFile } from './site.ts';

/**
 * The form of a file that suits an Accept-Encoding header best (RFC 9110, section 12.5.3): the highest weight,
 * and among equals the fewest bytes. Absent or empty header: the file as it is, which is also what remains when
 * nothing else is accepted. `undefined` when the header refuses that as well (`identity;q=0`).
 */
export function chooseForm(file: SiteFile, header: string | undefined): Form | undefined {
  if (header === undefined || header.trim() === '') return file.plain;
  const weights = readWeights(header);
  const any = weights.get('*');
  let best: Form | undefined;
  let bestWeight = 0;
  for (const form of file.coded) {
    const weight = weights.get(form.coding ?? '') ?? any ?? 0;
    if (weight > bestWeight) {
      best = form;
      bestWeight = weight;
    }
  }
  const identity = weights.get('identity');
  if (best !== undefined) return identity !== undefined && identity > bestWeight ? file.plain : best;
  return (identity ?? any) === 0 ? undefined : file.plain;
}

/** Codings and their weights from 0 to 1; a part that is malformed is passed over. */
function readWeights(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const match = /^\s*([\w!#$%&'*+.^`|~-]+)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*$/i.exec(part);
    const name = match?.[1]?.toLowerCase();
    if (name === undefined) continue;
    weights.set(name === 'x-gzip' ? 'gzip' : name, Number(match?.[2] ?? 1));
  }
  return weights;
}
