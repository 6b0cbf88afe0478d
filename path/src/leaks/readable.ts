import { limits } from '../core/limits.ts';

const head = 8000;

/** A file's text; undefined for what nobody wrote by hand: a program, a picture, more bytes than are looked at. */
export function readableText(bytes: Uint8Array): string | undefined {
  if (bytes.length > limits.credentials.file.most) return undefined;
  // As git tells text from other files; a text in UTF-16 has its mark in front.
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (bytes.subarray(0, head).includes(0)) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
