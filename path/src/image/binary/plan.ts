import { UserMistake } from '../../core/failure.ts';

/** What of an ELF file decides whether it starts in an image without libraries. */
export interface ProgramHeader {
  readonly elf: boolean;
  /** It asks for a dynamic loader (ELF specification, program header PT_INTERP). */
  readonly dynamic: boolean;
}

const ptInterp = 3;

/** Reads the program headers of a 64-bit little-endian ELF file from its first bytes. Pure. */
export function programHeader(bytes: Uint8Array): ProgramHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elf = bytes.byteLength >= 64 && view.getUint32(0) === 0x7f454c46 && view.getUint8(4) === 2;
  if (!elf) return { elf, dynamic: false };
  const start = Number(view.getBigUint64(32, true));
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  for (let index = 0; index < count; index += 1) {
    const at = start + index * size;
    if (at + 4 <= bytes.byteLength && view.getUint32(at, true) === ptInterp) return { elf, dynamic: true };
  }
  return { elf, dynamic: false };
}

/** Throws UserMistake for a program that cannot start in an image that has nothing but it. */
export function checkProgram(file: string, header: ProgramHeader): void {
  if (!header.elf) {
    throw new UserMistake({
      what: 'it is no 64-bit Linux program',
      where: { file },
      next: 'Give the path of a statically linked program.',
    });
  }
  if (header.dynamic) {
    throw new UserMistake({
      what: 'it is linked dynamically, and the image has no libraries',
      where: { file },
      next: 'Link it statically (Go: CGO_ENABLED=0).',
    });
  }
}
