import type { Actions, Session } from './cli/actions.ts';
import type { Context } from './effects/context.ts';
import type { Project } from './project/project.ts';

/**
 * The commands' work, with the machine's real effects. Loading all of the tool takes longer than building what has
 * not changed, so each command loads what it needs.
 */
export function actionsFor(effects: Pick<Context, 'clock' | 'processes' | 'cache'>): Actions {
  const onClusters = async () => (await import('./cluster-actions.ts')).clusterActions(effects);
  /** What changes the system is written down as it happens: `ptp ui` shows it, whichever terminal it runs in. */
  const watched = async <T>(
    project: Project,
    command: string,
    session: Session,
    work: (seen: Session) => Promise<T>,
  ): Promise<T> => {
    const { journalled } = await import('./operate/runs.ts');
    return journalled(effects, project, command, session.emit, (emit) => work({ ...session, emit }));
  };
  const actions: Actions = {
    async up(project, { overrule, wait }, session) {
      const { up } = await import('./path.ts');
      return watched(project, 'up', session, (seen) =>
        up({ ...effects, ...seen, overrule }, project, { wait }),
      );
    },
    async plan(project, session) {
      const { preview } = await import('./previewing.ts');
      return preview({ ...effects, ...session }, project);
    },
    async build(project, options, session) {
      const { build } = await import('./build.ts');
      return build({ ...effects, ...session }, project, options);
    },
    bill: async (...given) => (await onClusters()).bill(...given),
    token: async (...given) => (await onClusters()).token(...given),
    history: async (...given) => (await onClusters()).history(...given),
    rollback: async (project, options, session) =>
      watched(project, 'rollback', session, async (seen) =>
        (await onClusters()).rollback(project, options, seen),
      ),
    verify: async (...given) => (await onClusters()).verify(...given),
    drills: async (...given) => (await onClusters()).drills(...given),
    async upgrades(project, session) {
      const { upgradesOf } = await import('./upgrading.ts');
      return upgradesOf({ ...effects, ...session }, project);
    },
    async upgrade(project, session) {
      const { upgrade } = await import('./upgrading.ts');
      return upgrade({ ...effects, ...session }, project);
    },
    backup: async (...given) => (await onClusters()).backup(...given),
    backups: async (...given) => (await onClusters()).backups(...given),
    restorable: async (...given) => (await onClusters()).restorable(...given),
    restore: async (...given) => (await onClusters()).restore(...given),
    drill: async (...given) => (await onClusters()).drill(...given),
    explain: async (...given) => (await onClusters()).explain(...given),
    trace: async (...given) => (await onClusters()).trace(...given),
    cost: async (...given) => (await onClusters()).cost(...given),
    report: async (...given) => (await onClusters()).report(...given),
    ui: async (project, options, session) => {
      const { openPage } = await onClusters();
      return openPage(project, { ...options, rollback: actions.rollback }, session);
    },
    manifests: async (...given) => (await onClusters()).manifests(...given),
    async signingKey(project) {
      const { signingKey } = await import('./evidence/signing/signers.ts');
      return { publicKey: await signingKey(project.name, process.env) };
    },
    down: async (...given) => (await onClusters()).down(...given),
    storedData: async (...given) => (await onClusters()).storedData(...given),
    status: async (...given) => (await onClusters()).status(...given),
    logs: async (...given) => (await onClusters()).logs(...given),
    address: async (...given) => (await onClusters()).address(...given),
    browse: async (...given) => (await onClusters()).browse(...given),
    trust: async (...given) => (await onClusters()).trust(...given),
    doctor: async (...given) => (await onClusters()).doctor(...given),
    detect: async (...given) => (await onClusters()).detect(...given),
    kubeconfig: async (...given) => (await onClusters()).kubeconfig(...given),
  };
  return actions;
}
