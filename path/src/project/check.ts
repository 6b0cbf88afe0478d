import type { Finding } from './finding.ts';
import { hostsIn } from './hosts.ts';
import type { ComponentOutline, Outline } from './outline.ts';
import { quantity } from './quantity.ts';
import { closest, suggestion } from './suggest.ts';

/** What contradicts itself within the file, though each key by itself is right. */
export function contradictions(outline: Outline): readonly Finding[] {
  return [
    ...sharedRoutes(outline),
    ...sharedNames(outline),
    ...componentsOf(outline).flatMap(checkComponent(outline)),
  ];
}

function sharedRoutes(outline: Outline): readonly Finding[] {
  const owners = new Map<string, string>();
  return componentsOf(outline).flatMap(([name, { route }]) => {
    if (route === undefined) return [];
    const owner = owners.get(route);
    owners.set(route, owner ?? name);
    if (owner === undefined) return [];
    return {
      path: ['components', name, 'route'],
      at: 'value',
      what: `\`${name}\` and \`${owner}\` both have the route ${route}`,
      next: 'Give one of them another path, or none.',
    } satisfies Finding;
  });
}

function sharedNames(outline: Outline): readonly Finding[] {
  return Object.keys(outline.services)
    .filter((name) => Object.hasOwn(outline.components, name))
    .map((name) => ({
      path: ['services', name],
      at: 'key',
      what: `\`${name}\` is a component and a service, and both would be the host ${name}`,
      next: 'Rename one of them.',
    }));
}

const checkComponent =
  (outline: Outline) =>
  ([name, component]: readonly [string, ComponentOutline]): readonly Finding[] => [
    ...needsOf(name, component, outline),
    ...settingsOf(name, component),
    ...portsOf(name, component),
    ...memoryOf(name, component),
    ...copiesOf(name, component),
  ];

function needsOf(name: string, { needs }: ComponentOutline, outline: Outline): readonly Finding[] {
  const services = Object.keys(outline.services);
  const seen = new Set<string>();
  return needs.flatMap((need, index) => {
    const path = ['components', name, 'needs', index];
    const again = seen.has(need);
    seen.add(need);
    if (again) {
      return {
        path,
        at: 'value',
        what: `\`${name}\` needs \`${need}\` twice`,
        next: 'Remove one.',
      } satisfies Finding;
    }
    if (Object.hasOwn(outline.services, need)) return [];
    const isComponent = Object.hasOwn(outline.components, need);
    const guess = closest(need, services);
    return {
      path,
      at: 'value',
      what: isComponent
        ? `\`${name}\` needs \`${need}\`, which is a component and no service`
        : `\`${name}\` needs \`${need}\`, which is no service`,
      next: isComponent
        ? `Name it in \`env\` as http://${need}:${outline.components[need]?.port ?? 8080} instead.`
        : guess === undefined
          ? `Add it: services: { ${need}: { type: postgres } }`
          : `Did you mean \`${guess}\`?`,
    } satisfies Finding;
  });
}

function settingsOf(name: string, { builder, go }: ComponentOutline): readonly Finding[] {
  if (go === undefined || (builder !== 'node' && builder !== 'static')) return [];
  return [
    {
      path: ['components', name, 'go'],
      at: 'key',
      what: `\`${name}\` says how Go compiles it, and its builder is \`${builder}\``,
      next: 'Write `builder: go`, or remove `go`.',
    },
  ];
}

function portsOf(name: string, { port, management }: ComponentOutline): readonly Finding[] {
  if (port !== management) return [];
  return [
    {
      path: ['components', name, 'management'],
      at: 'value',
      what: `\`${name}\` has ${port} as its port and as its management port, which would be public then`,
      next: 'Give them different ports.',
    },
  ];
}

function memoryOf(name: string, { resources }: ComponentOutline): readonly Finding[] {
  const { memory = '128Mi', memoryLimit } = resources ?? {};
  const [kept, limit] = [quantity(memory), memoryLimit === undefined ? undefined : quantity(memoryLimit)];
  if (kept === undefined || limit === undefined || limit >= kept) return [];
  return [
    {
      path: ['components', name, 'resources', 'memoryLimit'],
      at: 'value',
      what: `the limit ${memoryLimit} is below the ${memory} that are kept`,
      next: `Raise the limit to ${memory} or more.`,
    },
  ];
}

function copiesOf(name: string, { replicas = 2, scale }: ComponentOutline): readonly Finding[] {
  if (scale?.max === undefined || scale.max >= replicas) return [];
  return [
    {
      path: ['components', name, 'scale', 'max'],
      at: 'value',
      what: `at most ${scale.max} is fewer than the ${replicas} copies that always run`,
      next: `Raise it to ${replicas} or more, or lower \`replicas\`.`,
    },
  ];
}

/** What is allowed but probably not meant. */
export function doubts(outline: Outline): readonly Finding[] {
  const perVariable = componentsOf(outline).flatMap(([name, { env }]) =>
    Object.entries(env).flatMap(([variable, value]) => {
      if (value === undefined) return [];
      const path = ['components', name, 'env', variable];
      const found = looksSecret(variable, value) ? [pastedSecret(path, variable)] : [];
      return [...found, ...hostDoubts(path, value, name, outline)];
    }),
  );
  return [...perVariable, ...withoutRoute(outline)];
}

const secretName = /(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIALS?)$/i;
const secretValue =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|^(AKIA|ASIA)[A-Z0-9]{16}$|^(ghp|gho|ghs|glpat|xox[abp])[_-]\w{10,}|:\/\/[^\s/:@]+:[^\s/@]+@/;

function looksSecret(variable: string, value: string): boolean {
  return value !== '' && (secretName.test(variable) || secretValue.test(value));
}

/** Says nothing of the value: a warning ends up in logs. */
function pastedSecret(path: Finding['path'], variable: string): Finding {
  return {
    path,
    at: 'key',
    what: `\`${variable}\` looks like a secret; ptp.yaml and the environment are readable to many`,
    next: "Remove it here and change it where it counts. A database's credentials come by `needs`.",
  };
}

function hostDoubts(
  path: Finding['path'],
  value: string,
  from: string,
  outline: Outline,
): readonly Finding[] {
  const components = Object.keys(outline.components);
  const parts = [...components, ...Object.keys(outline.services)];
  return hostsIn(value).flatMap(({ host, port }): readonly Finding[] => {
    if (/^(localhost|127\.\d+\.\d+\.\d+)$/.test(host)) {
      const next = `Name the component instead: ${suggestion(
        host,
        components.filter((name) => name !== from),
      )}`;
      return [{ path, at: 'value', what: `${host} is the container itself, nothing else`, next }];
    }
    if (host.includes('.') || host.includes('$')) return [];
    if (!parts.includes(host)) {
      return [
        {
          path,
          at: 'value',
          what: `nothing in this system is called ${host}`,
          next: suggestion(host, parts),
        },
      ];
    }
    const serves = outline.components[host]?.port;
    const asks = port ?? (value.startsWith('https:') ? 443 : 80);
    if (serves === undefined || serves === asks || !/^https?:/.test(value)) return [];
    const next = `Write http://${host}:${serves}`;
    return [{ path, at: 'value', what: `${host} serves on ${serves}, not on ${asks}`, next }];
  });
}

function withoutRoute(outline: Outline): readonly Finding[] {
  const components = componentsOf(outline);
  if (components.length === 0 || components.some(([, { route }]) => route !== undefined)) return [];
  return [
    {
      path: ['components'],
      at: 'key',
      what: 'no component has a route, so users cannot reach the system',
      next: 'Give the one they should reach `route: /`.',
    },
  ];
}

function componentsOf(outline: Outline): readonly (readonly [string, ComponentOutline])[] {
  return Object.entries(outline.components);
}
