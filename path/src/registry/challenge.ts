/** One way of authenticating that a server offers (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const token = String.raw`[!#$%&'*+.^_\`|~0-9A-Za-z-]+`;
const parameter = new RegExp(String.raw`^(${token})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(${token}))\s*(?:,|$)\s*`);
const scheme = new RegExp(String.raw`^(${token})(?:\s+|\s*,\s*|$)`);

/** Reads `WWW-Authenticate`; one value may hold several challenges. What cannot be read ends the list. */
export function parseChallenges(values: readonly string[]): readonly Challenge[] {
  return values.flatMap(parseValue);
}

function parseValue(value: string): Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  let rest = value.trim().replace(/^,\s*/, '');
  while (rest !== '') {
    const pair = parameter.exec(rest);
    const current = found.at(-1);
    if (pair !== null && current !== undefined) {
      const [all, name = '', quoted, bare] = pair;
      current.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '';
      rest = rest.slice(all.length);
      continue;
    }
    const start = scheme.exec(rest);
    if (start === null) break;
    found.push({ scheme: (start[1] ?? '').toLowerCase(), parameters: {} });
    rest = rest.slice(start[0].length);
  }
  return found;
}
