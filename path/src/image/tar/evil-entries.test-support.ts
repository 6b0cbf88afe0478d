import { limits } from '../../core/limits.ts';
import { gnuLong, paxBody, paxEntry, rawEntry } from './raw-tar.test-support.ts';

const base256 = Buffer.from('800000000000000030000000', 'hex');
const negative = Buffer.alloc(12, 0xff);
const huge = Buffer.from([0x80, ...Array.from({ length: 11 }, () => 0xff)]);

/** What must not be in a package, and the words that say so. */
export const evil: readonly (readonly [string, Buffer, RegExp])[] = [
  ['a path with ..', rawEntry({ name: './usr/../../etc/x' }), /leaves the package/],
  ['a path of ..', rawEntry({ name: '..' }), /leaves the package/],
  ['an absolute path', rawEntry({ name: '/etc/x' }), /no path in a package/],
  [
    'a path with .. in pax',
    Buffer.concat([paxEntry({ path: '../x' }), rawEntry({ name: 'x' })]),
    /leaves the package/,
  ],
  [
    'a path with .. in GNU',
    Buffer.concat([gnuLong('L', 'a/../../x'), rawEntry({ name: 'x' })]),
    /leaves the package/,
  ],
  ['a path with .. in the prefix', rawEntry({ name: 'x', prefix: '../..' }), /leaves the package/],
  ['a link out', rawEntry({ name: 'usr/l', type: '2', target: '../../x' }), /leaves the package/],
  ['an absolute link out', rawEntry({ name: 'l', type: '2', target: '/../x' }), /leaves the package/],
  ['an empty link', rawEntry({ name: 'l', type: '2' }), /leaves the package/],
  ['a hard link out', rawEntry({ name: 'l', type: '1', target: '../outside' }), /leaves the package/],
  [
    'an absolute hard link',
    rawEntry({ name: 'l', type: '1', target: '/etc/passwd' }),
    /no path in a package/,
  ],
  ['a character device', rawEntry({ name: 'dev/null', type: '3' }), /"dev\/null" is a device/],
  ['a block device', rawEntry({ name: 'dev/sda', type: '4' }), /"dev\/sda" is a device/],
  ['a pipe', rawEntry({ name: 'run/p', type: '6' }), /"run\/p" is a pipe/],
  ['a sparse file of GNU', rawEntry({ name: 's', type: 'S' }), /"s" is a sparse file/],
  [
    'a sparse file of pax',
    Buffer.concat([paxEntry({ 'GNU.sparse.major': '1' }), rawEntry({ name: 's' })]),
    /sparse/,
  ],
  ['a volume', rawEntry({ name: 'v', type: 'V' }), /"v" is of an unknown kind/],
  ['a kind that is none', rawEntry({ name: 'v', type: '\u007f' }), /unknown kind/],
  ['a size below zero', rawEntry({ name: 'n', size: negative }), /the size of "n" is no number/],
  ['a size beyond all numbers', rawEntry({ name: 'n', size: huge }), /the size of "n" is no number/],
  ['a size in base 256', rawEntry({ name: 'n', size: base256 }), /cut off in "n"/],
  [
    'a size in letters',
    rawEntry({ name: 'n', size: Buffer.from('size?       ') }),
    /the size of "n" is no number/,
  ],
  [
    'a size with a sign',
    rawEntry({ name: 'n', size: Buffer.from('-0000000005\0') }),
    /the size of "n" is no number/,
  ],
  ['a size of terabytes', rawEntry({ name: 'n', size: Buffer.from('777777777777') }), /cut off in "n"/],
  [
    'a pax size below zero',
    Buffer.concat([paxEntry({ size: '-1' }), rawEntry({ name: 'n' })]),
    /size of "n" is no number/,
  ],
  [
    'a pax size that is none',
    Buffer.concat([paxEntry({ size: '1e3' }), rawEntry({ name: 'n' })]),
    /is no number/,
  ],
  [
    'a pax owner that is none',
    Buffer.concat([paxEntry({ uid: 'me' }), rawEntry({ name: 'n' })]),
    /is no number/,
  ],
  [
    'a pax header cut off',
    rawEntry({ name: 'x', type: 'x', body: Buffer.from('99 path=x\n') }),
    /pax header is damaged/,
  ],
  [
    'a pax header of nothing',
    rawEntry({ name: 'x', type: 'x', body: Buffer.from('-5 a=b\n') }),
    /pax header is damaged/,
  ],
  [
    'a pax header that is no UTF-8',
    rawEntry({ name: 'x', type: 'x', body: Buffer.from([0x37, 0x20, 0x61, 0x3d, 0xff, 0xfe, 0x0a]) }),
    /no UTF-8/,
  ],
  [
    'a pax header with a key twice',
    rawEntry({ name: 'x', type: 'x', body: Buffer.concat([paxBody({ path: 'a' }), paxBody({ path: 'b' })]) }),
    /same twice/,
  ],
  ['a path for all entries', paxEntry({ path: 'x' }, 'g'), /all entries the same path/],
  [
    'a long name that is too long',
    Buffer.concat([gnuLong('L', `${'long/'.repeat(900)}x`), rawEntry({ name: 'x' })]),
    /too long a name/,
  ],
  [
    'a header of megabytes',
    rawEntry({ name: 'x', type: 'L', body: Buffer.alloc(limits.archive.header.most + 1, 'a') }),
    /a header has \d+ bytes/,
  ],
  [
    'a part that is too long',
    Buffer.concat([gnuLong('L', 'x'.repeat(256)), rawEntry({ name: 'x' })]),
    /too long for a name/,
  ],
  ['a name that is no UTF-8', rawEntry({ name: Buffer.from([0x61, 0xff]) }), /no UTF-8/],
  ['a target that is no UTF-8', rawEntry({ name: 'l', type: '2', target: Buffer.from([0xc3]) }), /no UTF-8/],
  ['a line end in a name', rawEntry({ name: 'a\nb' }), /no path in a package/],
  ['what deletes in layers', rawEntry({ name: 'etc/.wh.passwd' }), /whiteout/],
  [
    'a folder with content',
    rawEntry({ name: 'f/', type: '5', body: Buffer.alloc(512, 'x') }),
    /is no file and has content/,
  ],
  [
    'a link with content',
    rawEntry({ name: 'l', type: '2', target: 'x', body: Buffer.alloc(9, 'x') }),
    /is no file and has content/,
  ],
  ['an owner without room', rawEntry({ name: 'o', uid: 0o1000000 }), /belongs to 262144:0/],
  ['rights for nobody', rawEntry({ name: 'o', mode: 0o4000 }), /may be read by nobody/],
  ['a root that is a link', rawEntry({ name: './', type: '2', target: 'etc' }), /root is no folder/],
  ['a wrong checksum', rawEntry({ name: 'c', checksum: '000001\0 ' }), /a header is damaged/],
  ['a checksum that is none', rawEntry({ name: 'c', checksum: 'checksum' }), /a checksum is no number/],
  ['an old format', rawEntry({ name: 'c', magic: '\0'.repeat(8) }), /unknown format/],
  ['something after the end', Buffer.concat([Buffer.alloc(512), rawEntry({ name: 'x' })]), /follows the end/],
];
