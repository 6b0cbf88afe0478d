import type { Project } from '../project/project.ts';

const standardPorts: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
  'postgres:': 5432,
  'postgresql:': 5432,
  'mysql:': 3306,
  'redis:': 6379,
  'rediss:': 6379,
  'amqp:': 5672,
  'amqps:': 5671,
  'smtp:': 25,
  'smtps:': 465,
};

/** The ports of hosts outside the project that a component's environment names as URLs, sorted. */
export function outsidePorts(env: Readonly<Record<string, string>>, project: Project): readonly number[] {
  const inside = new Set([...project.components, ...project.services].map(({ name }) => name));
  const ports = Object.values(env)
    .flatMap((value) => value.match(/\b[a-z][a-z0-9+.-]*:\/\/[^\s,;"']+/gi) ?? [])
    .flatMap((text) => (URL.canParse(text) ? [new URL(text)] : []))
    .filter(({ hostname }) => !isHere(hostname) && !inside.has(hostname.split('.')[0] ?? hostname))
    .map(({ port, protocol }) => (port === '' ? standardPorts[protocol] : Number(port)))
    .filter((port) => port !== undefined);
  return [...new Set(ports)].sort((one, other) => one - other);
}

function isHere(hostname: string): boolean {
  return ['', 'localhost', '127.0.0.1', '0.0.0.0', '[::1]', '[::]'].includes(hostname);
}
