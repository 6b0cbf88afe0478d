/**
 * Who issued a certificate, in a few words: `R11 (Let's Encrypt)`.
 * @param issuer a distinguished name as `X509Certificate.issuer` has it: a line for each attribute
 */
export function issuerName(issuer: string): string {
  const attribute = (name: string) =>
    issuer
      .split('\n')
      .find((line) => line.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const [common, organisation] = [attribute('CN'), attribute('O')];
  if (common === undefined || organisation === undefined)
    return common ?? organisation ?? issuer.replaceAll('\n', ', ');
  return `${common} (${organisation})`;
}
