import { z } from 'zod';

/*
 * What the checks across keys look at, read from a file that may be wrong anywhere: whatever has not the right
 * shape counts as left out. So a misspelt key does not hide a missing folder, and all is told at once.
 */

const text = z.string().optional().catch(undefined);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).catch([]);
const map = <Value extends z.ZodType>(value: Value) => z.record(z.string(), value).catch({});

const component = z
  .object({
    source: text,
    builder: text,
    go: z.unknown().optional(),
    route: text,
    port: z.int().catch(8080).default(8080),
    management: z.int().catch(9090).default(9090),
    env: map(text).default({}),
    files: map(text).default({}),
    needs: list(z.string()).default([]),
    migrate: list(z.string()).optional(),
    replicas: z.int().optional().catch(undefined),
    scale: z
      .object({ max: z.int().optional().catch(undefined) })
      .optional()
      .catch(undefined),
    resources: z.object({ memory: text, memoryLimit: text }).optional().catch(undefined),
  })
  .catch({
    port: 8080,
    management: 9090,
    env: {},
    files: {},
    needs: [],
    source: undefined,
    builder: undefined,
    route: undefined,
  });

const outline = z
  .object({
    name: text,
    components: map(component).default({}),
    services: map(z.unknown()).default({}),
    targets: map(
      z.object({ cluster: text, kubeconfig: text }).catch({ cluster: undefined, kubeconfig: undefined }),
    ).optional(),
  })
  .catch({ name: undefined, components: {}, services: {} });

/** The parts of ptp.yaml that refer to each other or to files. */
export type Outline = z.output<typeof outline>;
export type ComponentOutline = Outline['components'][string];

/** Reads what can be read; never throws. */
export function outlineOf(value: unknown): Outline {
  return outline.parse(value);
}
