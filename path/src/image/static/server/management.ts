import type { Answer } from './answer.ts';

/** What the management port tells of. */
export interface Health {
  readonly ready: boolean;
  /** Prometheus text. */
  metrics(): string;
}

/** Decides the answer to a request on the port that no route leads to: /livez, /readyz, /metrics. */
export function manage(method: string, target: string, health: Health): Answer {
  if (method !== 'GET' && method !== 'HEAD')
    return plain(405, 'method not allowed\n', { allow: 'GET, HEAD' });
  switch (target.replace(/\?.*$/s, '')) {
    case '/livez':
      return plain(200, 'ok\n');
    case '/readyz':
      return health.ready ? plain(200, 'ok\n') : plain(503, 'not ready\n');
    case '/metrics':
      return plain(200, health.metrics(), { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    default:
      return plain(404, 'not found\n');
  }
}

function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const bytes = new TextEncoder().encode(text);
  return {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(bytes.length),
      'cache-control': 'no-store',
      ...headers,
    },
    body: { bytes },
  };
}
