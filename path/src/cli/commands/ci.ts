import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import type { Pipeline } from '../ci/pipeline.ts';
import type { Command } from '../command.ts';
import { table } from '../render/look.ts';

/** `ptp ci`. */
export const ci: Command = {
  name: 'ci',
  summary: 'write a pipeline: a plan for each pull request, a release for each commit of main',
  usage: 'ci github|gitlab [--branch name] [--force]',
  description:
    'For a target in a public cloud. The pipeline lets itself in by OpenID Connect: no key of the cloud is stored anywhere.',
  options: {
    branch: { type: 'string', value: 'name', description: 'whose commits are released (default: main)' },
    force: { type: 'boolean', description: 'write over a file that somebody wrote or changed' },
  },
  words: 1,
  async run({ words, load, values, flags, file, cwd, output }) {
    const [kind] = words;
    if (kind !== 'github' && kind !== 'gitlab')
      throw new UserMistake({
        what: kind === undefined ? 'ci has to be told for whom' : `there is no pipeline for ${kind}`,
        next: 'Write `ptp ci github` or `ptp ci gitlab`.',
      });
    const { name, target } = await load();
    const { cloud } = target;
    if (cloud === undefined)
      throw new UserMistake({
        what: `the target ${target.name} is not in a public cloud: a pipeline could not let itself in without a stored key`,
        next: 'Name one that is, with --target.',
      });
    const path = resolve(cwd, file);
    const folder = dirname(path);
    const root = await repositoryOf(folder);
    const input = {
      name,
      target: target.name,
      cloud: cloud.kind,
      folder: plain(relative(root, folder) || '.'),
      file: plain(basename(path)),
      branch: plain(values.get('branch') ?? 'main'),
      command: await commandIn(folder),
    };
    const pipeline: Pipeline =
      kind === 'github'
        ? (await import('../ci/github.ts')).githubPipeline(input)
        : (await import('../ci/gitlab.ts')).gitlabPipeline(input);
    const { writePipeline } = await import('../ci/write.ts');
    const change = await writePipeline(root, pipeline, { force: flags.has('force') });
    const { text: _, ...told } = pipeline;
    output.result({ kind: 'ci', change, root, ...told }, said(pipeline, change));
    return 0;
  },
};

function said({ path, variables, subjects }: Pipeline, change: string): string {
  const wrote = change === 'unchanged' ? `${path} is as it was written.` : `Wrote ${path}.`;
  return [
    `${wrote} Nothing of it was run in a real account.`,
    'It reads these variables of the repository, none of which is a secret:',
    ...table(variables.map(({ name, text }) => [name, text])).map((line) => `  ${line}`),
    'The cloud has to trust tokens of the pipeline with these subjects:',
    ...table(subjects.map(({ job, subject }) => [job, subject])).map((line) => `  ${line}`),
    'docs/clouds/ci.md says how.',
    '',
  ].join('\n');
}

/** A name that shells, YAML and expressions of pipelines read as nothing but a name. Throws UserMistake. */
function plain(name: string): string {
  if (/^[\w.][\w./-]*$/.test(name)) return name;
  throw new UserMistake({
    what: `a pipeline cannot be written for ${JSON.stringify(name)}`,
    next: 'Names of branches, folders and files in it have letters, digits and ./_- alone.',
  });
}

/** The folder that holds the repository; ptp.yaml's own where there is none. */
async function repositoryOf(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    if (
      await stat(join(at, '.git')).then(
        () => true,
        () => false,
      )
    )
      return at;
    if (at === dirname(at)) return folder;
  }
}

/** How ptp is called there: by the project's own script where package.json has one. */
async function commandIn(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  const { scripts } = JSON.parse(text) as { readonly scripts?: Readonly<Record<string, string>> };
  return scripts?.ptp === undefined ? 'npx ptp' : 'npm run --silent ptp --';
}
