import type { HorizontalPodAutoscaler, Metadata } from '../kubernetes/objects.ts';
import type { Component, Scale } from '../project/project.ts';

/**
 * The autoscaler of a component; none where its copies are as many as ptp.yaml says. It at most doubles the copies in a
 * minute and takes away one a minute: what comes with a burst of requests should not swing with it. Pure.
 * @param metadata the object's, as all of the component's objects have it
 */
export function autoscaler(
  { name, replicas, scale }: Component,
  metadata: Metadata,
): readonly HorizontalPodAutoscaler[] {
  if (scale === undefined || scale.max <= replicas) return [];
  const { max, up, down } = scale;
  return [
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: replicas,
        maxReplicas: max,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: target(scale) } }],
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: up,
            policies: [{ type: 'Percent', value: 100, periodSeconds: 60 }],
          },
          scaleDown: {
            stabilizationWindowSeconds: down,
            policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
          },
        },
      },
    },
  ];
}

function target({ cpu }: Scale) {
  return 'percent' in cpu
    ? { type: 'Utilization', averageUtilization: cpu.percent }
    : { type: 'AverageValue', averageValue: cpu.quantity };
}
