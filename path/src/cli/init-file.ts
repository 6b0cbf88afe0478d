import { stringify } from 'yaml';
import type { DetectedComponent } from './actions.ts';

/** The first ptp.yaml of a system, with comments for whoever reads it next. `components[0]` gets the route. */
export function firstProjectFile(name: string, components: readonly DetectedComponent[]): string {
  const database = components.some((component) => component.database);
  return [
    `# The path to production of ${name}. \`ptp up\` walks it; \`ptp --help\` says what else there is.`,
    '',
    '# Its namespace and its images are called so; on this machine its domain is the name below .localhost.',
    ...lines({ name }),
    '',
    '# Each becomes an image, a Deployment and a Service; its name is its host within the system.',
    'components:',
    ...components.flatMap((component, index) => [...componentLines(component, index === 0), '']),
    ...(database ? databaseLines : []),
    '# Where it can run. Without targets there is one: a Kubernetes on this machine.',
    'targets:',
    '  local:',
    '    cluster: local',
    '',
  ].join('\n');
}

const databaseLines = [
  '# What components need and do not bring.',
  'services:',
  '  database:',
  '    type: postgres',
  '    version: 17',
  '    storage: 1Gi',
  '',
];

function componentLines(component: DetectedComponent, reachable: boolean): readonly string[] {
  const { name, source, env, migrate, why, database } = component;
  return [
    `  ${name}: # ${why.replaceAll(/\s+/g, ' ')}`,
    ...indented(lines({ source })),
    ...(reachable
      ? ['    # The only way in: without a route a component cannot be reached from outside.', '    route: /']
      : []),
    ...(env === undefined ? [] : indented(lines({ env }))),
    ...(database
      ? [
          '    # Bound by files below $SERVICE_BINDING_ROOT/database; no password is ever written here.',
          '    needs: [database]',
        ]
      : []),
    ...(migrate === undefined
      ? []
      : ['    # Runs from the new image before the rollout.', `    migrate: ${JSON.stringify(migrate)}`]),
  ];
}

function lines(value: object): readonly string[] {
  return stringify(value, { lineWidth: 0 }).trimEnd().split('\n');
}

function indented(text: readonly string[]): readonly string[] {
  return text.map((line) => `    ${line}`);
}

/** A DNS name made of a folder's, `system` where nothing of it can be used. */
export function nameFrom(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return name === '' ? 'system' : name;
}
