import { createHash } from 'node:crypto';

/** Characters that look random and are always the same; no service has given them to anybody. */
export function noise(
  length: number,
  alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789',
): string {
  let text = '';
  for (let block = 0; text.length < length; block += 1) {
    for (const byte of createHash('sha256').update(`${length} ${block}`).digest()) {
      text += alphabet[byte % alphabet.length];
    }
  }
  return text.slice(0, length);
}

const part = (text: unknown) => Buffer.from(JSON.stringify(text)).toString('base64url');
const dashes = '-'.repeat(5);
const pem = (kind: string) =>
  [`${dashes}BEGIN ${kind}${dashes}`, noise(64), noise(40), `${dashes}END ${kind}${dashes}`].join('\n');

/** A credential of a kind in a file, put together here so that no file of the project has the form of one. */
export interface Planted {
  readonly kind: string;
  readonly file: string;
  readonly text: string;
  /** What must not be shown. */
  readonly value: string;
  readonly rule: string;
}

function planted(
  kind: string,
  rule: string,
  value: string,
  text = `const it = '${value}';`,
  file = 'src/a.ts',
): Planted {
  return { kind, file, text, value, rule };
}

const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const digits = '0123456789';
const hexadecimal = '0123456789abcdef';
const basic = noise(20);

/** One of each kind. */
export const plantedCredentials: readonly Planted[] = [
  planted('an RSA key', 'private-key', noise(64), pem('RSA PRIVATE KEY'), 'src/key.pem'),
  planted('a key of PKCS #8', 'private-key', noise(64), pem('PRIVATE KEY')),
  planted('a key of OpenSSH', 'private-key', noise(64), pem('OPENSSH PRIVATE KEY')),
  planted('an encrypted key', 'private-key', noise(64), pem('ENCRYPTED PRIVATE KEY')),
  planted('a key of OpenPGP', 'private-key', noise(64), pem('PGP PRIVATE KEY BLOCK')),
  planted(
    'a key in JSON',
    'private-key',
    noise(64),
    JSON.stringify({ key: pem('EC PRIVATE KEY') }),
    'src/a.json',
  ),
  planted('a key of AWS', 'aws', `AKIA${noise(16, upper)}`),
  planted('a secret of AWS', 'aws', noise(40), `AWS_SECRET_ACCESS_KEY=${noise(40)}`, '.env'),
  planted(
    'a service account of GCP',
    'private-key',
    noise(64),
    JSON.stringify({
      type: 'service_account',
      project_id: 'shop',
      private_key_id: noise(40, hexadecimal),
      private_key: pem('PRIVATE KEY'),
      client_email: 'shop@shop.iam.gserviceaccount.com',
      client_id: noise(21, digits),
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: 'https://oauth2.googleapis.com/token',
    }),
    'src/account.json',
  ),
  planted('a secret of a client of GCP', 'gcp', `GOCSPX-${noise(28)}`),
  planted(
    'a key of Azure storage',
    'azure',
    noise(86),
    `'DefaultEndpointsProtocol=https;AccountKey=${noise(86)}=='`,
  ),
  planted('a secret of Azure', 'azure', `${noise(3)}8Q~${noise(34)}`),
  planted('a token of GitHub', 'github', `ghp_${noise(36)}`),
  planted('a finely grained token of GitHub', 'github', `github_pat_${noise(22)}_${noise(59)}`),
  planted('a token of GitLab', 'gitlab', `glpat-${noise(20)}`),
  planted('a token of Slack', 'slack', `xoxb-${noise(12, digits)}-${noise(13, digits)}-${noise(24)}`),
  planted('a key of Stripe', 'stripe', `sk_live_${noise(24)}`),
  planted('a token of npm', 'npm', `npm_${noise(36)}`),
  planted('a token in .npmrc', 'npm', noise(36), `//registry.example.com/:_authToken=${noise(36)}`, '.npmrc'),
  planted(
    'a JSON Web Token',
    'jwt',
    noise(43),
    `'${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 'me', admin: true })}.${noise(43)}'`,
  ),
  planted(
    'an address with a password',
    'address-with-password',
    basic,
    `'https://deploy:${basic}@git.example.com/'`,
  ),
  planted(
    "a database's address",
    'address-with-password',
    basic,
    `DATABASE_URL=postgres://shop:${basic}@db.internal/shop`,
    '.env',
  ),
  planted('a random password', 'assignment', noise(24), `const dbPassword = '${noise(24)}';`),
  planted('a random key in YAML', 'assignment', noise(32), `  api_key: ${noise(32)}\n`, 'config/a.yaml'),
  planted(
    'a random secret in JSON',
    'assignment',
    noise(64, hexadecimal),
    JSON.stringify({ sessionSecret: noise(64, hexadecimal) }),
    'a.json',
  ),
  planted(
    'a token in .env',
    'assignment',
    noise(40),
    `export SERVICE_TOKEN=${noise(40)}\r\n`,
    '.env.production',
  ),
];

/** What resembles a credential and is none. */
export const harmless: readonly (readonly [kind: string, text: string, file?: string])[] = [
  ['a variable', 'const password = process.env.DATABASE_PASSWORD_OF_SHOP_1;'],
  ['a template', 'const url = `postgres://$' + '{user}:$' + '{password}@$' + '{host}/shop`;'],
  ['a placeholder', "const password = 'your-password-goes-here-1';"],
  ['a placeholder in YAML', 'password: $' + '{DATABASE_PASSWORD_1}\ntoken: <insert-token-2>\n', 'a.yaml'],
  ['words', "const secretName = 'shop-database-credentials'; const token = 'authorization-code';"],
  ['a path', "const passwordFile = '/run/secrets/database1/password'; const token = '/var/run/token/4711';"],
  ['a short password', "const password = 'hunter2';"],
  ['a pattern of keys', `const form = /${dashes}BEGIN [A-Z ]*PRIVATE KEY${dashes}/;`],
  ['a head without a key', `text.includes('${dashes}BEGIN PRIVATE KEY${dashes}')`],
  ['a public key', pem('PUBLIC KEY')],
  ['a certificate', pem('CERTIFICATE')],
  ['a digest', `const image = 'node@sha256:${noise(64, hexadecimal)}';`],
  ['an integrity', `"integrity": "sha512-${noise(86)}=="`],
  ['a type', 'interface A { readonly password: string; token?: Promise<Uint8Array> }'],
  [
    'a local database',
    'DATABASE_URL=postgres://shop:shop@database/shop\nB=postgres://a:secret1@localhost/b',
    '.env',
  ],
  ['three words with dots', "const a = 'eyJhbGciOi.eyJzdWIi.sig';"],
];
