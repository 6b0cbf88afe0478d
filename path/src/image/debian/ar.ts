import type { FileHandle } from 'node:fs/promises';

/** One file in an archive of `ar`: where its bytes are. */
export interface ArMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

const magic = '!<arch>\n';
const headerSize = 60;
const mostMembers = 16;

/**
 * Lists the members of an `ar` archive (deb(5); ar(5), common format; long names are not used in packages).
 * Throws a SyntaxError where the archive is none, is cut off, or has more members than a package can have.
 */
export async function arMembers(file: FileHandle): Promise<readonly ArMember[]> {
  const { size: total } = await file.stat();
  if ((await textAt(file, 0, magic.length)) !== magic) throw new SyntaxError('this is no ar archive');
  const members: ArMember[] = [];
  let position = magic.length;
  while (position < total) {
    if (members.length === mostMembers)
      throw new SyntaxError(`the archive has more than ${mostMembers} members`);
    const header = await textAt(file, position, headerSize);
    const size = /^(?<digits>\d{1,10}) *`\n$/u.exec(header.slice(48))?.groups?.digits;
    if (header.length < headerSize || size === undefined)
      throw new SyntaxError('a member of the archive has no header');
    const offset = position + headerSize;
    const member = { name: header.slice(0, 16).trimEnd().replace(/\/$/u, ''), offset, size: Number(size) };
    if (offset + member.size > total) throw new SyntaxError(`the archive is cut off in ${member.name}`);
    members.push(member);
    position = offset + member.size + (member.size % 2); // members begin at even places
  }
  return members;
}

async function textAt(file: FileHandle, position: number, length: number): Promise<string> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.toString('latin1', 0, bytesRead);
}
