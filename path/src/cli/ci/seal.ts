import { createHash } from 'node:crypto';

const line = /^# [^\n]*\n# sha256:([0-9a-f]{64})\n/;

/** A text below a comment that says what wrote it, and by whose digest a change by hand is seen. */
export function sealed(by: string, text: string): string {
  return `# Written by \`${by}\`, which writes it anew as long as nobody changes it by hand.\n# sha256:${digestOf(text)}\n${text}`;
}

/** Whether a file is as it was written: nobody has changed it since. */
export function isUntouched(text: string): boolean {
  const header = line.exec(text);
  return header !== null && header[1] === digestOf(text.slice(header[0].length));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
