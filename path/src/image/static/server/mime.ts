interface Kind {
  readonly type: string;
  /** Whether its bytes shrink when compressed; images, fonts and archives are compressed already. */
  readonly shrinks: boolean;
}

const text = (type: string): Kind => ({ type: `${type}; charset=utf-8`, shrinks: true });
const loose = (type: string): Kind => ({ type, shrinks: true });
const packed = (type: string): Kind => ({ type, shrinks: false });

const kinds: ReadonlyMap<string, Kind> = new Map([
  ['html', text('text/html')],
  ['htm', text('text/html')],
  ['css', text('text/css')],
  ['js', text('text/javascript')],
  ['mjs', text('text/javascript')],
  ['txt', text('text/plain')],
  ['md', text('text/markdown')],
  ['csv', text('text/csv')],
  ['vtt', text('text/vtt')],
  ['ics', text('text/calendar')],
  ['json', loose('application/json')],
  ['map', loose('application/json')],
  ['webmanifest', loose('application/manifest+json')],
  ['xml', loose('application/xml')],
  ['rss', loose('application/rss+xml')],
  ['atom', loose('application/atom+xml')],
  ['xhtml', loose('application/xhtml+xml')],
  ['svg', loose('image/svg+xml')],
  ['ico', loose('image/x-icon')],
  ['wasm', loose('application/wasm')],
  ['ttf', loose('font/ttf')],
  ['otf', loose('font/otf')],
  ['glb', loose('model/gltf-binary')],
  ['woff', packed('font/woff')],
  ['woff2', packed('font/woff2')],
  ['png', packed('image/png')],
  ['jpg', packed('image/jpeg')],
  ['jpeg', packed('image/jpeg')],
  ['gif', packed('image/gif')],
  ['webp', packed('image/webp')],
  ['avif', packed('image/avif')],
  ['jxl', packed('image/jxl')],
  ['mp4', packed('video/mp4')],
  ['webm', packed('video/webm')],
  ['mp3', packed('audio/mpeg')],
  ['m4a', packed('audio/mp4')],
  ['ogg', packed('audio/ogg')],
  ['opus', packed('audio/ogg')],
  ['wav', loose('audio/wav')],
  ['pdf', packed('application/pdf')],
  ['zip', packed('application/zip')],
  ['gz', packed('application/gzip')],
  ['zst', packed('application/zstd')],
]);

/** The media type of a file by the ending of its name; `application/octet-stream` where it is not known. */
export function mediaType(path: string): string {
  return kindOf(path)?.type ?? 'application/octet-stream';
}

/** Whether a file of this name is worth compressing. */
export function shrinks(path: string): boolean {
  return kindOf(path)?.shrinks ?? false;
}

function kindOf(path: string): Kind | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 1 ? undefined : kinds.get(name.slice(dot + 1).toLowerCase());
}
