import { oneLine } from './one-line.ts';

/** One paragraph of a control file: its fields by lower-case name, continuation lines joined by line breaks. */
export type Paragraph = ReadonlyMap<string, string>;

/**
 * Reads the paragraphs of a control file (Debian policy 5.1): `Release`, a package's `control`, deb822 sources.
 * Comment lines are left out. Throws a SyntaxError on a line that is neither a field nor a continuation.
 */
export function parseControl(text: string): readonly Paragraph[] {
  const paragraphs: Map<string, string>[] = [];
  let current: Map<string, string> | undefined;
  let last: string | undefined;
  for (const line of text.split(/\r?\n/u)) {
    if (line.startsWith('#')) continue;
    if (line.trim() === '') {
      current = undefined;
      last = undefined;
      continue;
    }
    if (/^[ \t]/u.test(line)) {
      if (current === undefined || last === undefined)
        throw new SyntaxError(`"${oneLine(line, 80)}" continues no field`);
      current.set(last, `${current.get(last) ?? ''}\n${line.slice(1)}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) throw new SyntaxError(`"${oneLine(line, 80)}" is no field`);
    if (current === undefined) {
      current = new Map();
      paragraphs.push(current);
    }
    last = line.slice(0, colon).toLowerCase();
    if (current.has(last))
      throw new SyntaxError(`the field ${oneLine(line.slice(0, colon), 80)} is there twice`);
    current.set(last, line.slice(colon + 1).trim());
  }
  return paragraphs;
}

/** The words of a field that are separated by white space. */
export function words(field: string | undefined): readonly string[] {
  return (field ?? '').split(/\s+/u).filter((word) => word !== '');
}
