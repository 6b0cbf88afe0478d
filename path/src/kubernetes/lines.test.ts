import { expect, test } from 'vitest';
import { lines } from './lines.ts';

async function* bytes(...parts: Uint8Array[]) {
  yield* parts;
}

test('lines come whole, however the bytes are cut', async () => {
  const text = Buffer.from('eins\nzwölf\n\nlast');
  for (let cut = 0; cut <= text.length; cut++) {
    const found: string[] = [];
    for await (const line of lines(bytes(text.subarray(0, cut), text.subarray(cut)))) found.push(line);
    expect(found).toEqual(['eins', 'zwölf', '', 'last']);
  }
});
