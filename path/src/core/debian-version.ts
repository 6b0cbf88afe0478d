/**
 * Compares two Debian versions (`[epoch:]upstream[-revision]`, Debian policy 5.6.12).
 * Returns a negative number where `a` is older, 0 where they are equal, a positive number where `a` is newer.
 */
export function compareVersions(a: string, b: string): number {
  const left = split(a);
  const right = split(b);
  return (
    compareNumbers(left.epoch, right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  );
}

/** The relations of Debian policy 7.1. */
export type Operator = '<<' | '<=' | '=' | '>=' | '>>';

/** Whether `version` stands in that relation to `to`. */
export function satisfies(version: string, operator: Operator, to: string): boolean {
  const order = compareVersions(version, to);
  switch (operator) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}

function split(version: string): { epoch: string; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: colon === -1 ? '0' : version.slice(0, colon),
    upstream: hyphen === -1 ? rest : rest.slice(0, hyphen),
    revision: hyphen === -1 ? '' : rest.slice(hyphen + 1),
  };
}

/** Text that is no digit and digits in turn, as the policy has it: the first by rank, the second by value. */
function comparePart(a: string, b: string): number {
  const left = pieces(a);
  const right = pieces(b);
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const one = left[at] ?? '';
    const other = right[at] ?? '';
    const order = at % 2 === 0 ? compareText(one, other) : compareNumbers(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

/** Even places hold text without digits (the first may be empty), odd places digits. */
function pieces(part: string): readonly string[] {
  return part.split(/(\d+)/u);
}

function compareText(a: string, b: string): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const order = rank(a[at]) - rank(b[at]);
    if (order !== 0) return order;
  }
  return 0;
}

/** A tilde sorts before the end, the end before letters, letters before everything else. */
function rank(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  return /[a-z]/iu.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}

/** Digits of any length, without losing precision. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/u, '');
  const right = b.replace(/^0+/u, '');
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
