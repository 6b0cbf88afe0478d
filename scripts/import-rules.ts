import { posix } from 'node:path';

/** A place where a file reaches for what it must not know. */
export interface BrokenRule {
  readonly file: string;
  /** Line, from 1. */
  readonly line: number;
  readonly why: string;
}

/** An import as the rules see it. */
interface Import {
  readonly from: Source;
  /** What is imported: a file of the repository (seen from its root), or a package as it is written. */
  readonly to: string;
}

/** A source file as the rules see it. */
interface Source {
  readonly file: string;
  /** The first folder below path/src, or the file itself where it lies there: `image`, `main.ts`. */
  readonly area: string;
  readonly test: boolean;
}

/** Why an import is not allowed; undefined where it is. */
type Rule = (each: Import) => string | undefined;

const tool = 'path/src/';
const steps = new Set([
  ...['image', 'registry', 'cluster', 'admission', 'deploy', 'services', 'route', 'prove'],
  ...['traffic', 'evidence', 'observe', 'maintain'],
  ...['vulnerabilities', 'leaks'],
]);

/** What each area below path/src may import beside itself, packages and node: modules. */
const shared: Readonly<Record<string, readonly string[]>> = {
  core: [],
  effects: ['core'],
  project: ['core', 'effects'],
  oci: ['core', 'effects'],
  kubernetes: ['core', 'effects'],
  clouds: ['core', 'effects', 'project'],
  releases: ['core', 'effects', 'project', 'oci', 'kubernetes'],
  // What is read of a system once, and what pure functions make of it.
  snapshot: ['core', 'effects', 'project', 'oci', 'kubernetes', 'releases'],
  cost: ['core', 'project', 'kubernetes', 'snapshot'],
  ui: [
    'core',
    'effects',
    'project',
    'oci',
    'kubernetes',
    'releases',
    'snapshot',
    'explain',
    'operate',
    'cli',
  ],
  explain: ['core', 'project', 'kubernetes', 'releases', 'snapshot', 'cost'],
  cli: ['core', 'project'],
};
const belowSteps = ['core', 'effects', 'project', 'oci', 'kubernetes'];
/** What single steps may import beside that: clusters of public clouds are reached by `clouds`. */
const extra: Readonly<Record<string, readonly string[]>> = { cluster: ['clouds'] };

/** The files that put everything together, from the lowest; each may import the ones before it. */
const top = [
  ...['images-of.ts', 'images.ts', 'inspect.ts', 'build.ts'],
  ...['opening.ts', 'signed-for.ts', 'planning.ts', 'lost-data.ts', 'releasing.ts', 'path.ts'],
  ...['newer-of-tool.ts', 'upgrading.ts'],
  ...[
    'rebuilding.ts',
    'verifying.ts',
    'surveying.ts',
    'showing.ts',
    'previewing.ts',
    'returning.ts',
    'stored-backups.ts',
    'restoring.ts',
    'exchanging-key.ts',
    'drilling.ts',
    'cluster-actions.ts',
    'actions.ts',
    'main.ts',
  ],
];

const rules: readonly Rule[] = [
  function systemKnowsNothingOfTheTool({ from, to }) {
    if (!from.file.startsWith('system/')) return undefined;
    const toTool = to.startsWith('path/') || to.startsWith('@path-to-production/');
    return toTool ? 'system/ is carried by path/ and must not know of it' : undefined;
  },
  function coreStandsAlone({ from, to }) {
    if (from.area !== 'core' || from.test) return undefined;
    const allowed = to.startsWith(`${tool}core/`) || to.startsWith('node:');
    return allowed ? undefined : 'core imports nothing but core and node:';
  },
  function stepsAreStrangers({ from, to }) {
    const target = areaOf(to);
    if (!steps.has(from.area) || target === undefined || !steps.has(target) || target === from.area)
      return undefined;
    return `the step ${from.area} must not import the step ${target}; hand the result over by a type in core and path.ts`;
  },
  function downwardsOnly({ from, to }) {
    const target = areaOf(to);
    if (target === undefined || target === from.area) return undefined;
    // ptp.yaml has words for every cloud; nothing else of a cloud's is known there.
    if (from.area === 'project' && /^path\/src\/clouds\/kinds?\.ts$/.test(to)) return undefined;
    const allowed = steps.has(from.area) ? [...belowSteps, ...(extra[from.area] ?? [])] : shared[from.area];
    // Steps among steps have a reason of their own, and so has core.
    if (allowed === undefined || allowed.includes(target) || from.area === 'core') return undefined;
    if (steps.has(from.area) && steps.has(target)) return undefined;
    return `${from.area} must not import ${target}; it may import ${allowed.join(', ')}`;
  },
  function topPointsDown({ from, to }) {
    const [own, target] = [top.indexOf(from.area), top.indexOf(areaOf(to) ?? '')];
    if (from.area === 'operate' && target !== -1) return `${top[target]} is above operate`;
    return own !== -1 && target > own ? `${top[target]} is above ${from.area}` : undefined;
  },
  function plansArePure({ from, to }) {
    if (!/(^|\/)plan\.ts$/.test(from.file) || !from.file.startsWith(tool)) return undefined;
    const pureNode = ['node:path', 'node:path/posix', 'node:crypto', 'node:util'];
    if (to.startsWith('node:') && !pureNode.includes(to)) return `a plan is pure and must not import ${to}`;
    if (areaOf(to) === 'effects') return 'a plan is pure and must not import effects';
    return to === 'undici' || to === '@kubernetes/client-node'
      ? `a plan is pure and must not import ${to}`
      : undefined;
  },
  function realEffectsComeFromMain({ from, to }) {
    if (!to.startsWith(`${tool}effects/node/`) || from.test) return undefined;
    if (from.area === 'main.ts' || from.file.startsWith(`${tool}effects/node/`)) return undefined;
    return 'only main.ts and tests import effects/node; take the interface from effects/';
  },
  function cloudsAreStrangers({ from, to }) {
    const [own, other] = [from.file, to].map((file) => /^path\/src\/clouds\/(\w+)\//.exec(file)?.[1]);
    if (own !== undefined && other !== undefined && own !== other)
      return `the cloud ${own} must not import the cloud ${other}`;
    const sdk = /^@(aws-sdk|smithy|google-cloud|azure|azure-rest)\/|^google-(auth-library|gax)$/.test(to);
    return sdk && own === undefined && !from.test && from.file.startsWith(tool)
      ? "only a cloud's own folder imports its SDK"
      : undefined;
  },
  function oneDoorToKubernetes({ from, to }) {
    if (!/^@kubernetes\/client-node(\/|$)/.test(to) || from.area === 'kubernetes') return undefined;
    return 'only path/src/kubernetes imports @kubernetes/client-node';
  },
];

/**
 * Every rule that a source file breaks, in the order of its lines.
 * @param file Its path from the repository's root, with slashes.
 */
export function brokenRules(file: string, text: string): readonly BrokenRule[] {
  const from: Source = {
    file,
    area: areaOf(file) ?? '',
    test: /\.(test|test-support|fixture)\.tsx?$|\/testing\//.test(file),
  };
  const code = withoutComments(text);
  const imports = importsOf(code).flatMap(({ specifier, line }) => {
    const to = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier;
    return rules.flatMap((rule) => {
      const why = rule({ from, to });
      return why === undefined ? [] : [{ file, line, why }];
    });
  });
  return [...imports, ...printingIn(from, code)].toSorted((a, b) => a.line - b.line);
}

/** Steps never print: they emit events, and cli/ renders them. */
function printingIn(from: Source, code: string): readonly BrokenRule[] {
  if (!from.file.startsWith(tool) || from.area === 'cli' || from.area === 'main.ts' || from.test) return [];
  // A program that images run, not a part of the tool: its log is its standard output.
  if (from.file.startsWith(`${tool}image/`) && from.file.includes('/server/')) return [];
  return [...withoutStrings(code).matchAll(/\bconsole\s*\.|\bprocess\s*\.\s*(?:stdout|stderr)\b/g)].map(
    (match) => ({
      file: from.file,
      line: lineAt(code, match.index),
      why: `only cli/ and main.ts print; emit an event instead of ${match[0].replaceAll(/\s/g, '')}`,
    }),
  );
}

function areaOf(file: string): string | undefined {
  return file.startsWith(tool) ? file.slice(tool.length).split('/')[0] : undefined;
}

const statement = /(?:^|[;}\n])[ \t]*(?:import|export)\b(?:[^'";=()]*?\bfrom)?\s*(['"])([^'"\n]+)\1/g;
const call = /\b(?:import|require)\s*\(\s*(['"])([^'"\n]+)\1/g;

function importsOf(code: string): readonly { readonly specifier: string; readonly line: number }[] {
  return [...code.matchAll(statement), ...code.matchAll(call)].map((match) => ({
    specifier: match[2] ?? '',
    line: lineAt(code, match.index + match[0].length - 1),
  }));
}

const literals =
  /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** The code with comments and template texts as blanks, so that lines and columns stay where they are. */
function withoutComments(text: string): string {
  return text.replace(literals, (literal) => (/^['"]/.test(literal) ? literal : blank(literal)));
}

function withoutStrings(code: string): string {
  return code.replace(literals, blank);
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
