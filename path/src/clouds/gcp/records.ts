import { z } from 'zod';
import type { GoogleApi } from './api.ts';

const record = z.object({
  name: z.string(),
  type: z.string(),
  ttl: z.number().optional(),
  rrdatas: z.array(z.string()).optional(),
});

/** A set of records of one name and type (Cloud DNS v1, ResourceRecordSet). */
export type RecordSet = z.infer<typeof record>;

const zonePath = (zone: string) => `dns/v1/projects/{project}/managedZones/${zone}`;

/** Sets of records in a zone; of one name, where it is given. */
export async function recordsOf(api: GoogleApi, zone: string, name?: string): Promise<readonly RecordSet[]> {
  const page = z.object({ rrsets: z.array(record).optional(), nextPageToken: z.string().optional() });
  const all: RecordSet[] = [];
  let pageToken: string | undefined;
  do {
    const query: Readonly<Record<string, string>> = {
      ...(name === undefined ? {} : { name }),
      ...(pageToken === undefined ? {} : { pageToken }),
    };
    const answer: z.infer<typeof page> | undefined = await api.find(
      { service: 'dns', path: `${zonePath(zone)}/rrsets`, query },
      page,
    );
    all.push(...(answer?.rrsets ?? []));
    pageToken = answer?.nextPageToken;
  } while (pageToken !== undefined && pageToken !== '');
  return all;
}

/** Changes records, all at once or none (Cloud DNS v1, changes). */
export async function changeRecords(
  api: GoogleApi,
  zone: string,
  change: { readonly deletions: readonly RecordSet[]; readonly additions: readonly RecordSet[] },
): Promise<void> {
  const path = `${zonePath(zone)}/changes`;
  await api.ask({ service: 'dns', method: 'POST', path, body: change }, z.unknown());
}

/** Takes every record out of a zone but those that it is made with: else it does not go. */
export async function emptyZone(api: GoogleApi, zone: string, dnsName: string): Promise<void> {
  const deletions = (await recordsOf(api, zone)).filter(
    ({ name, type }) => name !== dnsName || !['NS', 'SOA'].includes(type),
  );
  if (deletions.length > 0) await changeRecords(api, zone, { deletions, additions: [] });
}
