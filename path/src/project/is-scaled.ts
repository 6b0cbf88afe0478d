import type { Component } from './project.ts';

/** Whether a component gets more copies under load than it has at least; an autoscaler then asks what its pods use. */
export function isScaled({ replicas, scale }: Pick<Component, 'replicas' | 'scale'>): boolean {
  return (scale?.max ?? 0) > replicas;
}
