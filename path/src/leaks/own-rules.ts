import { limits } from '../core/limits.ts';

/** A place in a text where a rule found something. */
export interface Match {
  readonly rule: string;
  readonly index: number;
}

/** A form that a credential has, and what else must be so. */
interface Rule {
  readonly rule: string;
  /** Begins with fixed letters, so that a long text is searched once. */
  readonly form: RegExp;
  readonly holds?: (match: RegExpExecArray) => boolean;
}

const words =
  '(?:passw(?:or)?d|passphrase|secret|token|(?:api|access|private|auth|account|signing)[_-]?key|credentials?)';

/** What says of itself that it is none. */
const placeholder =
  /example|sample|placeholder|change[_-]?me|your[_-]|dummy|fake|redacted|insert|replace|xxxx|\*\*\*|\.\.\.|<|\{\{|\$\{|\$\(|^\$|^%|^process\.env|^env[.:]/i;

const rules: readonly Rule[] = [
  {
    // RFC 7468, and OpenPGP (RFC 9580, 6.2): only with a key below its head, in code with its line ends escaped.
    rule: 'private-key',
    form: /-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:[\s"'`+,]|\\[nr]|[A-Za-z-]{1,40}: [^\n\\]{1,200}){1,40}[A-Za-z0-9+/=]{24}/g,
  },
  {
    rule: 'aws',
    form: /(?<![A-Za-z0-9+/])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9+/])/g,
    holds: ([text]) => !placeholder.test(text),
  },
  { rule: 'stripe', form: /\b(?:sk|rk)_live_[0-9A-Za-z]{16,250}/g },
  { rule: 'stripe', form: /\bwhsec_[0-9A-Za-z+/]{32,250}/g },
  { rule: 'gcp', form: /\bya29\.[\w-]{30,300}/g },
  { rule: 'gcp', form: /\bGOCSPX-[\w-]{28}/g },
  { rule: 'azure', form: /\bAccountKey=[A-Za-z0-9+/]{86}==/g },
  { rule: 'azure', form: /\bSharedAccessKey=[A-Za-z0-9+/]{43}=/g },
  { rule: 'azure', form: /(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/g },
  {
    // RFC 7519, section 3: its head is a JSON object that names an algorithm.
    rule: 'jwt',
    form: /\beyJ[\w-]{10,500}\.eyJ[\w-]{10,4000}\.[\w-]{20,700}/g,
    holds: ([text]) =>
      /"alg"\s*:/.test(Buffer.from(text.split('.', 1)[0] ?? '', 'base64url').toString('latin1')),
  },
  {
    // RFC 3986, section 3.2.1; `postgres://app:app@…` is how everybody names a database of their own machine.
    rule: 'address-with-password',
    form: /:\/\/(?<user>[^\s:/@"'`<>]{0,80}):(?<password>[^\s:/@"'`<>]{6,200})@(?<host>[\w.[-]{1,200})/g,
    holds: ({ groups: { user = '', password = '', host = '' } = {} }) =>
      !placeholder.test(password) &&
      password !== user &&
      !/^(?:localhost$|127\.)/.test(host) &&
      !/^pass|^secret$|^[^\w]*$/i.test(password),
  },
  { rule: 'npm', form: /\b_(?:authToken|auth|password)\s?=\s?(?!\$)[A-Za-z0-9+/=_-]{16,300}/g },
];

const assignment = new RegExp(
  `${words}["'\`]?\\s{0,5}(?::\\s?string\\s{0,3})?(?:=>|:=|[:=])\\s{0,5}(["'\`])(?<value>[^"'\`\\s\\\\]{16,300})\\1`,
  'gi',
);
const bareAssignment = new RegExp(
  `${words}[ \\t]{0,5}[:=][ \\t]{0,5}(?<value>[^"'\`\\s#]{16,300})[ \\t]{0,20}(?=#|\\r|\\n|$)`,
  'gi',
);

/** Whether a file's values stand without quotes: `.env`, properties, YAML. */
export function hasBareValues(path: string): boolean {
  return /(?:^|\/)\.(?:env|npmrc|netrc|pgpass)(?:\.[^/]*)?$|\.(?:env|ini|properties|conf|cfg|toml|ya?ml)$/i.test(
    path,
  );
}

/** What rules of our own find in a text: forms of credentials, and names such as `password` with a random value. */
export function ownMatches(text: string, path: string): readonly Match[] {
  const found = rules.flatMap(({ rule, form, holds }) =>
    [...text.matchAll(form)]
      .filter((match) => holds?.(match) ?? true)
      .map((match): Match => ({ rule, index: match.index })),
  );
  const forms = hasBareValues(path) ? [assignment, bareAssignment] : [assignment];
  for (const form of forms) {
    for (const match of text.matchAll(form)) {
      if (looksRandom(match.groups?.value ?? '') && !inLongLine(text, match.index))
        found.push({ rule: 'assignment', index: match.index });
    }
  }
  return found;
}

/**
 * Whether a value is more likely made by a generator than by a person: letters and digits, and by Shannon's measure at
 * least 3.5 bits a character (hexadecimal: 3). Sixteen random characters have some 3.7, English words below 3.2.
 */
export function looksRandom(value: string): boolean {
  if (placeholder.test(value) || /:\/\/|^[./~]/.test(value)) return false;
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  // Words with hyphens or underscores, and a number at their end.
  if (/^[a-z]+(?:[-_.:][a-z]+)*[-_.:]?\d{0,4}$/i.test(value)) return false;
  const isHexadecimal = /^[0-9a-f-]+$/i.test(value);
  return value.length >= (isHexadecimal ? 24 : 16) && entropy(value) >= (isHexadecimal ? 3 : 3.5);
}

/** Bits a character, by how often each occurs in the text itself. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Programs write longer lines than people, and what they call `token` there is seldom one. */
function inLongLine(text: string, index: number): boolean {
  const { most } = limits.credentials.line;
  const start = text.lastIndexOf('\n', index) + 1;
  if (index - start > most) return true;
  const end = text.indexOf('\n', index);
  return (end === -1 ? text.length : end) - start > most;
}
