import type { Project } from '../../../project/project.ts';
import type { Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { isMarked, markOf } from '../names.ts';
import { changeRecords, type RecordSet, recordsOf } from '../records.ts';
import type { Zone } from './zone.ts';

const lifetime = 60;

/** The record whose text says whose the domain's own record is. */
function markName(project: Project): string {
  return `_ptp.${project.target.domain}.`;
}

/**
 * The domain's record. What it says is known when the gateway has an address (`pointAt`); it is taken away with the rest,
 * also from a zone that is somebody else's, where a text record beside it says that it is ours.
 */
export function recordResource(
  project: Project,
  zone: Resource<GoogleApi, Zone>,
): Resource<GoogleApi, undefined> {
  const domain = `${project.target.domain}.`;
  const ours = async (api: GoogleApi, name: string) => {
    const mark = await recordsOf(api, name, markName(project));
    return mark.some(({ type, rrdatas }) => type === 'TXT' && isMarked(unquoted(rrdatas?.[0]), project));
  };
  return {
    id: 'record',
    kind: 'DNS record',
    name: project.target.domain,
    needs: [zone],
    desired: { name: domain },
    deadline: 300,
    later: true,
    async find(api, seen) {
      const { name } = seen.of(zone);
      const found = await sets(api, name, project);
      if (found.length === 0) return undefined;
      const mine = zone.borrowed !== true || (await ours(api, name));
      return { state: 'ready', ours: mine, value: undefined, drift: [] };
    },
    create: () => Promise.reject(new Error('its address is known later')),
    async delete(api, seen) {
      const { name } = seen.of(zone);
      const mark = await recordsOf(api, name, markName(project));
      await changeRecords(api, name, {
        deletions: [...(await sets(api, name, project)), ...mark],
        additions: [],
      });
    },
  };
}

/** Points the domain at an address or a host name; the same once more changes nothing. */
export async function pointAt(
  api: GoogleApi,
  project: Project,
  zone: string,
  address: string,
): Promise<void> {
  const domain = `${project.target.domain}.`;
  const type = /^[\d.]+$/.test(address) ? 'A' : address.includes(':') ? 'AAAA' : 'CNAME';
  const data = type === 'CNAME' ? `${address.replace(/\.$/, '')}.` : address;
  const wanted: readonly RecordSet[] = [
    { name: domain, type, ttl: lifetime, rrdatas: [data] },
    { name: markName(project), type: 'TXT', ttl: lifetime, rrdatas: [`"${markOf(project)}"`] },
  ];
  const there = [
    ...(await sets(api, zone, project)),
    ...(await recordsOf(api, zone, markName(project))).filter((each) => each.type === 'TXT'),
  ];
  const same = (one: RecordSet, other: RecordSet) =>
    JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
  const deletions = there.filter((each) => !wanted.some((one) => same(one, each)));
  const additions = wanted.filter((each) => !there.some((one) => same(one, each)));
  if (deletions.length + additions.length === 0) return;
  await changeRecords(api, zone, { deletions, additions });
}

function sorted({ name, type, ttl, rrdatas }: RecordSet) {
  return { name, type, ttl, rrdatas };
}

/** The domain's own sets of records that say where it is. */
async function sets(api: GoogleApi, zone: string, { target }: Project): Promise<readonly RecordSet[]> {
  const all = await recordsOf(api, zone, `${target.domain}.`);
  return all.filter(({ type }) => ['A', 'AAAA', 'CNAME'].includes(type));
}

function unquoted(text: string | undefined): string | undefined {
  return text?.replace(/^"(.*)"$/, '$1');
}
