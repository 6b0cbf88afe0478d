import type { Component } from '../project.ts';

/** A component with the least that it needs, for tests of what becomes of it; `given` stands above that. */
export function smallComponent(name: string, given: Partial<Component> = {}): Component {
  return {
    name,
    source: '/nowhere',
    port: 8080,
    management: 9090,
    env: {},
    files: {},
    needs: [],
    replicas: 1,
    resources: { cpu: '1m', memory: '1Mi', memoryLimit: '1Mi' },
    talksTo: [],
    ...given,
  };
}
