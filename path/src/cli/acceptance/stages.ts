import type { TrafficResult } from '../../core/handover.ts';
import type { Project } from '../../project/project.ts';
import type { Actions, Session } from '../actions.ts';

/** What the stages work with. */
export interface Acceptance {
  readonly actions: Actions;
  readonly project: Project;
  readonly session: Session;
}

/** One thing that is tried on the target: resolves with what was seen, in a sentence; rejects with what is wrong. */
export interface Stage {
  readonly name: string;
  run(acceptance: Acceptance): Promise<string>;
}

/** What differs in the version that is rolled out: a variable that no program reads. */
const mark = 'PTP_ACCEPTANCE';

/** Everything that is tried, in its order; `down` follows in any case. */
export const stages: readonly Stage[] = [
  {
    name: 'plan',
    async run({ actions, project, session }) {
      const { images, bill } = await actions.plan(project, session);
      if (bill === undefined) return `${images.length} images would be run`;
      const fresh = bill.resources.filter(({ change }) => change === 'create').length;
      return `${fresh} of ${bill.resources.length} resources would be made; about ${bill.monthly} ${bill.currency} a month`;
    },
  },
  {
    name: 'create and deploy',
    async run({ actions, project, session }) {
      const { route, record } = await raise(actions, project, session);
      return `release ${record.number} serves at ${route.url}`;
    },
  },
  {
    name: 'verify',
    async run({ actions, project, session }) {
      const checks = await actions.verify(project, { rebuild: false }, session);
      const bad = checks.filter(({ ok }) => !ok);
      if (bad.length > 0) throw new Error(bad.map(({ name, found }) => `${name}: ${found}`).join('; '));
      return `${checks.length} checks: ${checks.map(({ name }) => name).join(', ')}`;
    },
  },
  {
    name: 'the same once more',
    async run({ actions, project, session }) {
      const { release, record } = await raise(actions, project, session);
      if (record.isNew || release.rolled.length > 0)
        throw new Error(`it rolled ${release.rolled.join(', ')}`);
      const { nothing, bill } = await actions.plan(project, session);
      if (!nothing) throw new Error('the plan afterwards is not empty');
      const differ = (bill?.resources ?? []).filter(({ change }) => change !== 'keep');
      if (differ.length > 0)
        throw new Error(differ.map(({ kind, change }) => `${kind}: ${change}`).join(', '));
      return 'nothing was changed, and nothing is left to change';
    },
  },
  {
    name: 'roll out',
    async run({ actions, project, session }) {
      const changed = withVariable(project);
      const { release, record, traffic } = await raise(actions, changed, session);
      if (release.rolled.length === 0) throw new Error('no pod was replaced');
      return `release ${record.number} replaced ${release.rolled.join(', ')}; ${trafficText(traffic)}`;
    },
  },
  {
    name: 'roll back',
    async run({ actions, project, session }) {
      const { backTo, serving, traffic } = await actions.rollback(project, { wait: true }, session);
      return `release ${backTo} served again after ${serving.toFixed(1)} s; ${trafficText(traffic)}`;
    },
  },
  {
    name: 'scale',
    async run({ actions, project, session }) {
      const [first] = project.components;
      if (first === undefined) throw new Error('there is no component');
      // As many as are asked for, neither more nor fewer.
      const { scale: _, ...fixed } = first;
      const more = { ...fixed, replicas: first.replicas + 1 };
      const others = project.components.slice(1);
      await raise(actions, { ...project, components: [more, ...others] }, session);
      const { components } = await actions.status(project, session);
      const part = components.find(({ name }) => name === first.name);
      if (part?.ready !== more.replicas)
        throw new Error(`${part?.ready ?? 0} of ${more.replicas} pods are ready`);
      await raise(actions, project, session);
      return `${first.name} ran in ${more.replicas} pods, then as ptp.yaml says`;
    },
  },
  {
    name: 'rotate the database’s credentials',
    async run({ actions, project, session }) {
      if (project.services.length === 0) return 'not to be tried: there is no database';
      return drilled(actions, project, 'rotate-database', session);
    },
  },
  {
    name: 'renew the certificate',
    run: ({ actions, project, session }) => drilled(actions, project, 'renew', session),
  },
  {
    name: 'status',
    async run({ actions, project, session }) {
      const { problems, certificates = [] } = await actions.status(project, session);
      if (problems.length > 0) throw new Error(problems.map(({ what }) => what).join('; '));
      const until = certificates.map(({ until }) => until.toISOString().slice(0, 10)).join(', ');
      return `all is well; certificates are valid until ${until}`;
    },
  },
];

/** Takes everything away, and looks for what is left. */
export const removal: Stage = {
  name: 'destroy, and look for orphans',
  async run({ actions, project, session }) {
    const { removed, left = [] } = await actions.down(project, { data: true }, session);
    const bill = await actions.bill(project, session);
    const there = (bill?.resources ?? []).filter((one) => one.there && one.goes);
    const orphans = [...left, ...there.map(({ kind, name }) => `${kind} ${name}`)];
    if (orphans.length > 0) throw new Error(`left: ${orphans.join(', ')}`);
    return `${removed.length} things were removed, and nothing is left`;
  },
};

function raise(actions: Actions, project: Project, session: Session) {
  return actions.up(project, { overrule: false, wait: true }, session);
}

function withVariable(project: Project): Project {
  const components = project.components.map((component) =>
    component.route === undefined ? component : { ...component, env: { ...component.env, [mark]: '1' } },
  );
  return { ...project, components };
}

async function drilled(
  actions: Actions,
  project: Project,
  drill: 'renew' | 'rotate-database',
  session: Session,
): Promise<string> {
  const {
    outcome,
    text,
    traffic,
    problems = [],
  } = await actions.drill(project, drill, { rate: 40 }, session);
  if (outcome === 'failed') throw new Error([text, ...problems.map(({ what }) => what)].join('; '));
  return `${text}; ${trafficText(traffic)}`;
}

function trafficText(traffic: TrafficResult | undefined): string {
  if (traffic === undefined) return 'no requests were measured';
  const { requests, failed, latency, writes } = traffic;
  const lost = writes === undefined ? '' : `, ${writes.missing} of ${writes.checked} rows missing`;
  return `${failed} of ${requests} requests failed${latency === undefined ? '' : ` (p99 ${Math.round(latency.p99)} ms)`}${lost}`;
}
