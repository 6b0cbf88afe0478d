/**
 * What a terminal shows after some text, line by line, without what trails: knows the two movements that the
 * renderer makes (up to a line's beginning, erase below) and throws at any other.
 */
export function screenAfter(text: string): readonly string[] {
  const lines = [''];
  let row = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: movements begin with one
  for (const part of text.split(/(\u001b\[\d*[A-Z]|\n)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: movements begin with one
    const up = /^\u001b\[(\d+)F$/.exec(part);
    if (up !== null) row -= Number(up[1]);
    else if (part === '\u001b[J') lines.splice(row, lines.length, '');
    else if (part === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (part.includes('\u001b')) throw new Error(`unknown movement ${JSON.stringify(part)}`);
    else if (part !== '') lines[row] = part;
    if (row < 0) throw new Error('moved above the screen');
  }
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
