/** What could end a line, move the cursor, turn the direction of writing, or not be written in UTF-8 at all. */
const unfit = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/** Text that others wrote as part of a message: one line of at most `most` characters, the last … where it was cut. */
export function oneLine(text: string, most = 300): string {
  // Cut before it is looked through: it may be megabytes.
  const cut = text.length > 4 * most ? text.slice(0, 4 * most) : text;
  const line = cut.replace(unfit, ' ').trim();
  const characters = [...line];
  if (characters.length <= most && cut === text) return line;
  return `${characters.slice(0, most - 1).join('')}…`;
}
