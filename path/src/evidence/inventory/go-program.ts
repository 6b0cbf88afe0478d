import type { Found } from './facts.ts';

// Split, so that this file itself is no such program.
const magic = Buffer.from(['\xff Go build', 'inf:'].join(''), 'latin1');
const header = 32;
const sentinel = 16;
const most = 4 * 2 ** 20;

/**
 * Looks for the modules that a Go program says it was built from, piece by piece: what `go version -m` prints, in the
 * form that Go has written since 1.18 (debug/buildinfo: magic, pointer size, flags, then two texts with their lengths).
 */
export class GoProgram {
  #carried: Buffer = Buffer.alloc(0);
  #offset = 0;
  #gathered: Buffer[] | undefined;
  #size = 0;

  /** Takes the next piece of the program's file. */
  add(piece: Buffer): void {
    if (this.#gathered !== undefined) {
      if (this.#size < most) this.#gathered.push(piece);
      this.#size += piece.byteLength;
      return;
    }
    const here = Buffer.concat([this.#carried, piece]);
    for (let at = here.indexOf(magic); at !== -1; at = here.indexOf(magic, at + 1)) {
      // The linker aligns it, and texts that only mention it are somewhere.
      if ((this.#offset + at) % sentinel !== 0) continue;
      this.#gathered = [here.subarray(at)];
      this.#size = here.byteLength - at;
      return;
    }
    const kept = Math.min(here.byteLength, magic.byteLength - 1);
    this.#offset += here.byteLength - kept;
    this.#carried = here.subarray(here.byteLength - kept);
  }

  /** The modules, Go's own library among them (`stdlib`); none where it is no Go program. */
  modules(): readonly Found[] {
    const bytes = Buffer.concat(this.#gathered ?? []);
    // Bit 1 of the flags: the texts follow, and are not pointed to.
    if (bytes.byteLength < header || ((bytes[15] ?? 0) & 2) === 0) return [];
    const version = text(bytes, header);
    const info = version === undefined ? undefined : text(bytes, version.end);
    if (version === undefined || info === undefined) return [];
    const [, go] = /^go(\d[\w.-]*)/u.exec(version.value.toString('utf8')) ?? [];
    const standard: Found[] = go === undefined ? [] : [{ type: 'golang', name: 'stdlib', version: go }];
    const said = info.value.subarray(sentinel, Math.max(sentinel, info.value.byteLength - sentinel));
    return [...standard, ...modulesIn(said.toString('utf8'))];
  }
}

/** A text with its length before it (a varint, encoding/binary). */
function text(bytes: Buffer, start: number): { readonly value: Buffer; readonly end: number } | undefined {
  let [length, shift, at] = [0, 1, start];
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || shift > 2 ** 35) return undefined;
    length += (byte & 0x7f) * shift;
    shift *= 128;
    at += 1;
    if (byte < 0x80) break;
  }
  if (at + length > bytes.byteLength) return undefined;
  return { value: bytes.subarray(at, at + length), end: at + length };
}

/** Lines `dep <path> <version> <sum>`; where `=> …` follows, that took its place. */
function modulesIn(info: string): readonly Found[] {
  const modules: Found[] = [];
  for (const line of info.split('\n')) {
    const [kind, name, version, sum] = line.split('\t');
    if ((kind !== 'dep' && kind !== '=>') || name === undefined || version === undefined) continue;
    if (kind === '=>') modules.pop();
    modules.push({ type: 'golang', name, version, ...(sum === undefined || sum === '' ? {} : { sum }) });
  }
  return modules;
}
