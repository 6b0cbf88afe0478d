import type { PartStatus, SystemStatus } from '../actions.ts';
import type { Command } from '../command.ts';
import { healthLines } from '../render/health.ts';
import { type Look, shortDigest, styled, table } from '../render/look.ts';
import { problemLines } from '../render/problem.ts';
import { trafficText } from '../render/traffic.ts';

/** `ptp status`: exit code 0 only when all that is wanted is there. */
export const status: Command = {
  name: 'status',
  summary: 'how the system is now; fails unless all is well',
  usage: 'status',
  options: {},
  words: 0,
  async run({ load, actions, session, output }) {
    const found = await actions.status(await load(), session);
    output.result({ kind: 'status', well: isWell(found), ...found }, statusText(found, output.look));
    return isWell(found) ? 0 : 1;
  },
};

/** Whether the cluster runs, each part has its copies, and nothing is wrong. */
export function isWell({ cluster, components, services, problems }: SystemStatus): boolean {
  const complete = [...components, ...services].every(({ ready, wanted }) => ready >= wanted);
  return cluster.state === 'running' && complete && problems.length === 0;
}

/** The status for people. */
export function statusText(found: SystemStatus, look: Look): string {
  const { cluster, url, components, services, problems, release, certificates = [], drills, health } = found;
  const version = cluster.version === undefined ? '' : ` (${cluster.version})`;
  const mark = cluster.state === 'running' ? styled(look, 'green', '●') : styled(look, 'red', '●');
  const rows = table([...components, ...services].map(row));
  return [
    `${mark} cluster ${cluster.name} is ${cluster.state}${version}`,
    ...(cluster.state === 'absent' || cluster.state === 'stopped' ? ['  `ptp up` starts it.'] : []),
    ...rows.map((line, index) => {
      const part = [...components, ...services][index];
      const ready = part !== undefined && part.ready >= part.wanted;
      return `${ready ? styled(look, 'green', '●') : styled(look, 'red', '●')} ${line}`;
    }),
    ...(health === undefined ? [] : healthLines(health, release, look)),
    ...(release === undefined ? [] : [`  ${releaseText(release)}`]),
    ...(release?.traffic === undefined ? [] : [`  its rollout: ${trafficText(release.traffic)}`]),
    ...certificates.map(
      ({ name, until, issuer }) => `  certificate of ${name}: valid until ${day(until)}, issued by ${issuer}`,
    ),
    ...(release === undefined || drills === undefined ? [] : [`  ${drillsText(drills)}`]),
    ...(url === undefined ? [] : [`  ${styled(look, 'bold', url)}`]),
    ...problems.flatMap((problem) => problemLines(problem, look, 'mistake')),
    '',
  ].join('\n');
}

function releaseText({ number, begun, by, source, backTo }: NonNullable<SystemStatus['release']>): string {
  const from =
    source === undefined ? '' : `, from ${source.commit.slice(0, 12)}${source.clean ? '' : ' and changes'}`;
  const back = backTo === undefined ? '' : ` (back to ${backTo})`;
  return `release ${number}${back}: ${begun.slice(0, 19).replace('T', ' ')}Z by ${by}${from}`;
}

/** `drills: renew 2026-11-26, rollback 2026-11-20; never passed: restore` */
function drillsText(drills: NonNullable<SystemStatus['drills']>): string {
  const passed = drills.flatMap(({ drill, passed: at }) =>
    at === undefined ? [] : [`${drill} ${at.slice(0, 10)}`],
  );
  const never = drills.filter(({ passed: at }) => at === undefined).map(({ drill }) => drill);
  return [
    `drills: ${passed.length === 0 ? 'none passed yet' : passed.join(', ')}`,
    ...(passed.length === 0 || never.length === 0 ? [] : [`never passed: ${never.join(', ')}`]),
  ].join('; ');
}

function day(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

function row({ name, ready, wanted, restarts, digest, since }: PartStatus): readonly string[] {
  return [
    name,
    `${ready} of ${wanted} ready`,
    restarts === 0 ? '' : `${restarts} restarts`,
    digest === undefined ? '' : shortDigest(digest),
    since === undefined ? '' : `since ${since.toISOString().slice(0, 19)}Z`,
  ];
}
