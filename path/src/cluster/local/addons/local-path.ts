import { volumeHelperImage } from '../images.ts';
import { firstNode } from '../layout.ts';
import { type AddOn, type AddOnInput, type NodeSite, restricted, systemNamespace } from './add-on.ts';
import { hostName, identity, object, workload } from './objects.ts';

const name = 'local-path';
const labels = { 'app.kubernetes.io/name': name };

/** The storage class: a folder on the node for each volume. */
export const localPath: AddOn<NodeSite> = {
  name,
  component: 'local-path',
  program: 'local-path-provisioner',
  helpers: [volumeHelperImage],
  documents: false,
  deployment: { namespace: systemNamespace, name },
  objects: async (input) => objects(input),
};

/** The storage class's name. */
export const storageClass = 'local-path';

function objects(input: AddOnInput<NodeSite>) {
  const helper = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'helper-pod' },
    spec: {
      automountServiceAccountToken: false,
      priorityClassName: 'system-node-critical',
      // It makes and removes folders on the node's disk that belong to root; nothing else of root's rights is left.
      containers: [
        {
          name: 'helper-pod',
          image: input.image('volume-helper').reference,
          securityContext: {
            runAsUser: 0,
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE', 'FOWNER', 'CHOWN'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
        },
      ],
    },
  };
  const config = {
    'config.json': JSON.stringify({
      nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: [input.site.volumes] }],
    }),
    setup: '#!/bin/sh\nset -eu\n/usr/bin/busybox mkdir -m 0777 -p "$VOL_DIR"\n',
    teardown: '#!/bin/sh\nset -eu\n/usr/bin/busybox rm -rf "$VOL_DIR"\n',
    'helperPod.yaml': JSON.stringify(helper),
  };
  return [
    ...identity(
      name,
      systemNamespace,
      [
        {
          apiGroups: [''],
          resources: ['nodes', 'persistentvolumeclaims'],
          verbs: ['get', 'list', 'watch'],
        },
        {
          apiGroups: [''],
          resources: ['persistentvolumes'],
          verbs: ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'],
        },
        { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
        { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] },
      ],
      [
        {
          apiGroups: [''],
          resources: ['pods', 'pods/log'],
          verbs: ['get', 'list', 'watch', 'create', 'delete'],
        },
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] },
      ],
    ),
    object('v1', 'ConfigMap', 'local-path-config', { data: config }, systemNamespace),
    workload({
      name,
      namespace: systemNamespace,
      labels,
      site: input.site,
      pod: {
        containers: [
          {
            name,
            image: input.image(name).reference,
            args: [
              'start',
              '--config',
              '/etc/config/config.json',
              '--service-account-name',
              name,
              '--provisioner-name',
              'rancher.io/local-path',
              '--helper-image',
              input.image('volume-helper').reference,
              '--configmap-name',
              'local-path-config',
            ],
            env: [
              { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
              { name: 'CONFIG_MOUNT_PATH', value: '/etc/config/' },
            ],
            resources: { requests: { cpu: '10m', memory: '20Mi' }, limits: { memory: '100Mi' } },
            securityContext: restricted,
            volumeMounts: [{ name: 'config', mountPath: '/etc/config', readOnly: true }],
          },
        ],
        volumes: [{ name: 'config', configMap: { name: 'local-path-config' } }],
      },
    }),
    object('storage.k8s.io/v1', 'StorageClass', storageClass, {
      metadata: {
        annotations: {
          'storageclass.kubernetes.io/is-default-class': 'true',
          // The kubelet tells of such volumes, and not of those of type hostPath, how full they are.
          defaultVolumeType: 'local',
        },
      },
      provisioner: 'rancher.io/local-path',
      volumeBindingMode: 'WaitForFirstConsumer',
      reclaimPolicy: 'Delete',
      // All data is on the node that stays: no other one takes any along when it goes.
      allowedTopologies: [{ matchLabelExpressions: [{ key: hostName, values: [firstNode] }] }],
    }),
  ];
}
