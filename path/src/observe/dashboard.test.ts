import { expect, test } from 'vitest';
import type { Project } from '../project/project.ts';
import { dashboard } from './dashboard.ts';

const project = { name: 'hello', target: { namespace: 'shop' } } as unknown as Project;

interface Document {
  readonly panels: readonly {
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number };
    readonly targets: readonly { readonly refId: string; readonly expr: string }[];
  }[];
}

test('a dashboard asks only for the project, and no panel lies on another', () => {
  const { panels } = JSON.parse(dashboard(project).data?.['hello.json'] ?? '') as Document;
  for (const { targets } of panels)
    for (const { expr } of targets) expect(expr).toMatch(/project="hello"|namespace="shop"/);
  const places = panels.map(({ gridPos: { x, y, w } }) => `${x} ${y} ${w}`);
  expect(new Set(places).size).toBe(panels.length);
  expect(panels.length).toBeGreaterThan(5);
});
