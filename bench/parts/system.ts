import { type Row, single } from '../figures.ts';
import { measureSystem } from '../system.ts';
import type { Workplace } from '../workplace.ts';

export const notes = [
  'Gateway and backend as plain processes with the arguments of their images, PostgreSQL and the load generator (wrk, ' +
    '32 connections) beside them on the same machine. The peer is the system of the same shape on the JVM that this one ' +
    'was modelled on; its figures were taken on two cores of another machine.',
];

/** The applications under load. */
export async function measureApplications({ say }: Workplace): Promise<readonly Row[]> {
  const figures = await measureSystem({ say: (text) => say(`system: ${text}`) });
  return figures.map(
    ({ name, unit, value, asked, peer }): Row => ({
      id: `system/${name}`,
      what: name,
      unit,
      ours: single(value),
      peers: peer === undefined ? [] : [{ name: 'JVM', spread: single(peer), published: true }],
      ...(asked === undefined ? {} : { asked }),
    }),
  );
}
