import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import type { Fault, Got } from './fake-registry.ts';

/** One way in which a registry, or what stands before it, goes wrong with one request. */
export type Wrong =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Headers; readonly body: string }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'challenge'; readonly value: string; readonly echo: boolean }
  | { readonly kind: 'break'; readonly after: string }
  | { readonly kind: 'garbage'; readonly bytes: string }
  | { readonly kind: 'length'; readonly more: number }
  | { readonly kind: 'endless'; readonly status: number }
  | { readonly kind: 'floods'; readonly status: number };
type Headers = Readonly<Record<string, string>>;

/** What happens to the requests in the order of their arrival; undefined: the registry answers as it should. */
export type Plan = readonly (Wrong | undefined)[];

/** Places that a registry may send on to; THIEF and HOME become origins. */
const locations = fc.constantFrom(
  ...[
    'THIEF/v2/x/blobs/y',
    '//THIEFHOST/v2/',
    'http://me:hunter2@THIEFHOST/a',
    'THIEF',
    '/v2/',
    '',
    'HOME/v2/hello/web',
  ],
  ...[
    '/v2/hello/web/blobs/uploads/none?_state=a',
    '?',
    '#',
    '../../..',
    'file:///etc/passwd',
    'javascript:1',
    'http://',
  ],
  ...[
    'http://[::1',
    'https://127.0.0.1:1/',
    'HOME/token',
    `/${'a'.repeat(2000)}`,
    '\\\\THIEFHOST\\a',
    'http:/x',
    '%zz',
  ],
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('x'.repeat(100_000), '<html>\u001b[2J'),
);
const errors = fc
  .array(
    fc.record({
      code: fc.oneof(fc.constantFrom('DENIED', 'NAME_UNKNOWN', 'TOOMANYREQUESTS', 'BLOB_UNKNOWN'), text),
      message: text,
    }),
  )
  .map((all) => JSON.stringify({ errors: all }));
const bodies = fc.oneof(
  errors,
  text,
  fc.json(),
  fc.constantFrom(
    '',
    '[',
    `${'['.repeat(20_000)}`,
    'null',
    '{"token":""}',
    '{"token":"a\\r\\nb: c"}',
    '{"token":5}',
    '{"errors":null}',
  ),
);
const headers = fc.dictionary(
  fc.constantFrom(
    ...[
      'location',
      'link',
      'range',
      'content-range',
      'retry-after',
      'docker-content-digest',
      'www-authenticate',
    ],
    ...['oci-chunk-min-length', 'oci-subject', 'content-type', 'content-encoding'],
  ),
  fc.oneof(
    locations,
    fc.constantFrom(
      ...[
        '0-0',
        '0-1',
        'bytes=0-99999999999999999999',
        '5-1',
        'bytes 0-0/1',
        'bytes 99999-1/2',
        '-1',
        'NaN',
        '1e999',
      ],
      ...[
        'Bearer realm="HOME/token"',
        'Basic realm="x"',
        'Basic',
        'Bearer',
        ', , ,',
        'a="b',
        `sha256:${'0'.repeat(64)}`,
      ],
      ...[
        '<THIEF/v2/a>; rel="next"',
        '<?a>;rel=next',
        '<<<<',
        'application/json',
        'Thu, 01 Jan 2099 00:00:00 GMT',
        '999999',
      ],
    ),
  ),
);
const statuses = fc.constantFrom(
  200,
  200,
  201,
  202,
  204,
  206,
  400,
  401,
  403,
  404,
  405,
  408,
  411,
  413,
  416,
  418,
  429,
  500,
  501,
  503,
  599,
);

const wrong: fc.Arbitrary<Wrong> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('answer'), status: statuses, headers, body: bodies }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('redirect'),
      status: fc.constantFrom(301, 302, 303, 307, 308),
      location: locations,
    }),
  },
  fc.record({
    kind: fc.constant('challenge'),
    value: fc.constantFrom(
      ...[
        'Basic realm="x"',
        'Bearer realm="HOME/token",service="s"',
        'Bearer realm="HOME/token",scope="repository:other:*"',
      ],
      ...[
        'Bearer realm="http://registry.elsewhere.example/token"',
        'Bearer realm="ftp://x"',
        'Bearer realm=""',
        'Digest a=b',
        '',
      ],
    ),
    echo: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('break'),
    after: fc.constantFrom('', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'),
  }),
  fc.record({
    kind: fc.constant('garbage'),
    bytes: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'HTTP/1.1 abc\r\n\r\n',
        'HTTP/9.9 200 OK\r\n\r\n',
        `HTTP/1.1 200 OK\r\na: ${'b'.repeat(40_000)}\r\n\r\n`,
      ),
    ),
  }),
  fc.record({ kind: fc.constant('length'), more: fc.constantFrom(-1, 1, 1000, 2 ** 40) }),
  fc.record({ kind: fc.constant('endless'), status: fc.constantFrom(200, 401, 404, 500) }),
  fc.record({ kind: fc.constant('floods'), status: fc.constantFrom(102, 103) }),
);

/** A few wrongs among the first requests, or none. */
export const plans: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.option(wrong, { nil: undefined, freq: 2 }), { maxLength: 14 }) },
  { weight: 1, arbitrary: fc.constant([]) },
);
/** The same wrong for ever. */
export const stubborn: fc.Arbitrary<Wrong> = wrong;

/** Where the words of a plan lead. */
export interface Places {
  readonly home: string;
  readonly thief: string;
}

/** Does to the requests what the plan says; `forever` does it to all that follow. */
export function follow(plan: Plan, places: Places, forever?: Wrong): Fault {
  const rest = [...plan];
  const placed = (value: string) =>
    value
      .replaceAll('THIEFHOST', new URL(places.thief).host)
      .replaceAll('THIEF', places.thief)
      .replaceAll('HOME', places.home);
  return (got, response) => {
    const now = rest.length > 0 ? rest.shift() : forever;
    if (now === undefined) return false;
    go(now, got, response, placed);
    return true;
  };
}

function go(now: Wrong, got: Got, response: ServerResponse, placed: (value: string) => string): void {
  const { socket } = response;
  // Nothing that a client does to the connection matters here.
  response.on('error', () => {});
  socket?.on('error', () => {});
  switch (now.kind) {
    case 'answer': {
      for (const [name, value] of Object.entries(now.headers))
        response.setHeader(name, printable(placed(value)));
      response.writeHead(now.status).end(got.method === 'HEAD' || now.status === 204 ? undefined : now.body);
      return;
    }
    case 'redirect':
      response.writeHead(now.status, { location: printable(placed(now.location)) }).end('elsewhere');
      return;
    case 'challenge': {
      const sent = got.headers.authorization ?? '';
      const body = now.echo ? JSON.stringify({ errors: [{ code: 'DENIED', message: `not ${sent}` }] }) : '';
      response
        .writeHead(401, { 'www-authenticate': placed(now.value) })
        .end(got.method === 'HEAD' ? undefined : body);
      return;
    }
    case 'break':
      socket?.end(now.after);
      return;
    case 'garbage':
      socket?.end(now.bytes);
      return;
    case 'length':
      socket?.end(`HTTP/1.1 200 OK\r\ncontent-length: ${Math.max(0, 5 + now.more)}\r\n\r\nhello`);
      return;
    case 'endless':
      response.writeHead(now.status);
      if (got.method === 'HEAD') response.end();
      else pour(() => response.write('x'.repeat(65_536)), response);
      return;
    case 'floods':
      pour(() => socket?.write(`HTTP/1.1 ${now.status} Wait\r\n\r\n`.repeat(50)) ?? false, response);
  }
}

/** Writes as fast as it is read, until the other side has enough. */
function pour(write: () => boolean, response: ServerResponse): void {
  const { socket } = response;
  const more = () => {
    while (socket?.destroyed === false) if (!write()) return;
  };
  socket?.on('drain', more);
  more();
}

/** A header's value as node:http sends it. */
function printable(value: string): string {
  return value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}
