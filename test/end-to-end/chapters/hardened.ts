import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { list } from '../../../path/src/kubernetes/list.ts';
import type { Deployment, Pod, ServiceObject } from '../../../path/src/kubernetes/objects.ts';
import { connects } from '../../support/connects.ts';
import { processesOfPod } from '../../support/host.ts';
import type { PodState, System } from '../../support/system.ts';

const parts = ['gateway', 'backend', 'frontend', 'database'] as const;
const namespace = 'hello';

/** What somebody finds who has broken into a component: as little as possible. Looked at from within each. */
export function hardened(system: System): void {
  let pods: readonly PodState[];
  beforeAll(async () => {
    await system.must('up');
    pods = await system.pods();
  });

  const podOf = (part: string): PodState => {
    const pod = pods.find((one) => one.part === part);
    if (pod === undefined) throw new Error(`no pod of ${part} runs`);
    return pod;
  };
  /** The processes of a part's containers: not the sandbox's, which runs nothing of anybody's. */
  const processesOf = (part: string) => {
    const own = processesOfPod(system.instance, podOf(part).uid).filter(
      ({ args }) => !args[0]?.endsWith('/catatonit'),
    );
    expect(own.length).toBeGreaterThan(0);
    return own.map(({ pid }) => String(pid));
  };

  describe.each(parts)('within the %s', (part) => {
    test('nothing runs as root, with a capability, or without a filter of system calls', () => {
      for (const pid of processesOf(part)) {
        const status = statusOf(pid);
        for (const kind of ['Uid', 'Gid'])
          expect((status.get(kind) ?? '0').split(/\s+/).map(Number)).not.toContain(0);
        for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
          expect(`${set} ${status.get(set)}`).toBe(`${set} ${'0'.repeat(16)}`);
        expect(status.get('NoNewPrivs')).toBe('1');
        expect(status.get('Seccomp')).toBe('2');
      }
    });

    test('nothing can be written beside the volumes, not even by root', () => {
      const [pid = ''] = processesOf(part);
      const root = `/proc/${pid}/root`;
      for (const folder of ['', '/etc', '/usr', '/usr/bin'].filter((one) => existsSync(root + one)))
        expect(() => writeFileSync(`${root}${folder}/written-by-a-test`, '')).toThrow(/EROFS/);
      const ofTheKernel = /^\/(proc|dev|sys\/fs\/cgroup)(\/|$)/;
      const ofThePod =
        /^\/(etc\/(hosts|hostname|resolv\.conf)|tmp|run\/postgresql|var\/run\/postgresql|var\/lib\/postgresql(\/.*)?)$/;
      const writable = mountsOf(pid).filter(
        ({ place, options }) => options.includes('rw') && !ofTheKernel.test(place),
      );
      for (const { place } of writable) expect(place).toMatch(ofThePod);
    });

    test('there is no token for the API server', () => {
      const [pid = ''] = processesOf(part);
      expect(mountsOf(pid).filter(({ place }) => place.includes('serviceaccount'))).toEqual([]);
      for (const folder of ['/run', '/var/run'])
        expect(existsSync(`/proc/${pid}/root${folder}/secrets/kubernetes.io`)).toBe(false);
    });

    test('processes, network, mounts and names are the pod’s own', () => {
      const [pid = ''] = processesOf(part);
      for (const kind of ['pid', 'net', 'mnt', 'ipc', 'uts'])
        expect(readlinkSync(`/proc/${pid}/ns/${kind}`)).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
    });
  });

  test.each(['gateway', 'backend', 'frontend'])('the %s has no shell', (part) => {
    const [pid = ''] = processesOf(part);
    for (const folder of ['/bin', '/usr/bin', '/usr/local/bin']) {
      const path = `/proc/${pid}/root${folder}`;
      const programs = existsSync(path) ? readdirSync(path) : [];
      expect(
        programs.filter((name) => /^(sh|bash|dash|ash|busybox|perl|python.*|curl|wget)$/.test(name)),
      ).toEqual([]);
    }
  });

  test.each(parts)('from the %s the API server is not reached', async (part) => {
    const address = await system.cluster(async ({ server }) => new URL(server).hostname);
    const service = await system.cluster((client) =>
      client.get<ServiceObject>('/api/v1/namespaces/default/services/kubernetes'),
    );
    expect(await connects(system.instance, podOf(part), address, 6443)).toBe(false);
    expect(await connects(system.instance, podOf(part), service.spec?.clusterIP ?? '', 443)).toBe(false);
  });

  test('the database is reached from the backend, which is bound to it, and from nowhere else', async () => {
    const reaches = async (part: string) =>
      connects(system.instance, podOf(part), podOf('database').address, 5432);
    expect(await reaches('backend')).toBe(true);
    for (const part of ['gateway', 'frontend'])
      expect(`${part}: ${await reaches(part)}`).toBe(`${part}: false`);
    expect(await connects(system.instance, podOf('database'), podOf('backend').address, 8080)).toBe(false);
  });

  test('from the cluster’s door only the component with a route is reached', async () => {
    const [door] = await system.cluster((client) =>
      list<Pod>(client, {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'ptp-system',
        labels: 'app.kubernetes.io/name=traefik',
      }),
    );
    const from = { uid: door?.metadata.uid ?? '' };
    const reached = await Promise.all(
      (['gateway', 'backend', 'frontend'] as const).map(
        async (part) => `${part}: ${await connects(system.instance, from, podOf(part).address, 8080)}`,
      ),
    );
    expect(reached).toEqual(['gateway: true', 'backend: false', 'frontend: false']);
  });

  test('no address is open to the outside but the cluster’s door', async () => {
    const services = await system.cluster((client) =>
      list<ServiceObject>(client, { apiVersion: 'v1', kind: 'Service', namespace }),
    );
    expect(services.map(({ spec }) => spec?.type ?? 'ClusterIP')).toEqual(services.map(() => 'ClusterIP'));
    expect(services.flatMap(({ spec }) => spec?.externalIPs ?? [])).toEqual([]);
    const own = await system.cluster((client) =>
      list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace }),
    );
    const ports = own.flatMap(({ spec }) => spec?.containers.flatMap((one) => one.ports ?? []) ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter(({ hostPort }) => hostPort !== undefined)).toEqual([]);
  });

  test.each([
    ['a privileged container', {}, { privileged: true, allowPrivilegeEscalation: true }],
    ['the node’s network', { hostNetwork: true }, {}],
    ['the node’s processes', { hostPID: true }, {}],
    ['a folder of the node', { volumes: [{ name: 'node', hostPath: { path: '/' } }] }, {}],
    ['root', { securityContext: {} }, { runAsNonRoot: false, runAsUser: 0 }],
    ['a capability', {}, { capabilities: { add: ['NET_ADMIN'] } }],
    ['no seccomp', { securityContext: { runAsNonRoot: true } }, { seccompProfile: { type: 'Unconfined' } }],
  ])('a pod with %s is refused, also of an image of the release', async (_, pod, container) => {
    const { spec } = await system.cluster((client) =>
      client.get<Deployment>(`/apis/apps/v1/namespaces/${namespace}/deployments/frontend`),
    );
    const [first] = spec?.template.spec?.containers ?? [];
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'by-hand' },
      spec: {
        ...spec?.template.spec,
        topologySpreadConstraints: undefined,
        ...pod,
        containers: [
          { ...first, volumeMounts: [], securityContext: { ...first?.securityContext, ...container } },
        ],
      },
    };
    const answer = await system.cluster((client) =>
      client
        .send({
          method: 'POST',
          path: `/api/v1/namespaces/${namespace}/pods`,
          query: { dryRun: 'All' },
          body,
        })
        .then(() => 'taken', String),
    );
    // Privileged containers are taken in no namespace at all: the API server is not told to allow any.
    expect(answer).toMatch(
      /violates PodSecurity "restricted:v1\.\d+"|privileged: Forbidden: disallowed by cluster policy/,
    );
  });
}

function statusOf(pid: string): ReadonlyMap<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => [line.replace(/:.*/, ''), line.replace(/^[^:]*:\s*/, '')]));
}

/** What a process has mounted (proc_pid_mountinfo(5)), with each mount's own options. */
function mountsOf(pid: string): readonly { readonly place: string; readonly options: readonly string[] }[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [, , , , place = '', options = ''] = line.split(' ');
    return { place, options: options.split(',') };
  });
}
