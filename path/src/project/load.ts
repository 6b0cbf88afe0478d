import { dirname, resolve } from 'node:path';
import type { Emit } from '../core/event.ts';
import { type Problem, UserMistake } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import { contradictions, doubts } from './check.ts';
import { chooseTarget } from './choose-target.ts';
import { findingsOf } from './diagnose.ts';
import { type Finding, inOrder, placed } from './finding.ts';
import { outlineOf } from './outline.ts';
import { overridesFrom } from './overrides.ts';
import type { Project } from './project.ts';
import { readProjectFile } from './read-project-file.ts';
import { resolveProject } from './resolve.ts';
import { projectSchema } from './schema.ts';
import { surroundingFiles } from './surrounding-files.ts';
import { readYaml, type YamlText } from './yaml-text.ts';

/** What a caller may add. */
export interface LoadOptions {
  /** Takes warnings: what is allowed but probably not meant. Left out: nobody hears of them. */
  readonly emit?: Emit;
  /** The environment with the `PTP_…` overrides; this process's where it is left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the file is to be taken to say instead of what it says. */
  readonly text?: string;
  /** What problems call the file; `file` itself where it is left out. */
  readonly shownAs?: string;
}

/**
 * Reads ptp.yaml and chooses a target (left out: the only one, or `local`).
 * Throws one UserMistake with every problem there is, each with its line, column and next step.
 */
export async function loadProject(
  file: string,
  targetName?: string,
  options: LoadOptions = {},
): Promise<Project> {
  const shownAs = options.shownAs ?? file;
  const text = readYaml(options.text ?? (await readProjectFile(file, shownAs)), shownAs);
  if (text.value === undefined) throw new UserMistake(atMost(inOrder(text.problems)));
  const folder = dirname(resolve(file));
  const outline = outlineOf(text.value);
  const choice = chooseTarget(outline.targets, targetName);
  const around = await surroundingFiles(outline, folder, 'name' in choice ? choice.name : undefined);
  const { overrides, problems: wrongOverrides } = overridesFrom(options.env ?? process.env);
  const parsed = projectSchema.safeParse(text.value);
  const findings = [
    ...findingsOf(text.value),
    ...contradictions(outline),
    ...around.findings,
    ...('finding' in choice ? [choice.finding] : []),
  ];
  const inFile = inOrder([...text.problems, ...problemsOf(findings, text)]);
  const problems = [...atMost(inFile), ...wrongOverrides];
  if (problems.length > 0 || !parsed.success || 'finding' in choice) throw new UserMistake(problems);

  const project = resolveProject(parsed.data, {
    folder,
    targetName: choice.name,
    overrides,
    contents: around.contents,
  });
  const { http, https } = project.target.ports;
  if (http === https) throw new UserMistake(samePorts(project, text));
  for (const problem of atMost(inOrder(problemsOf(doubts(outline), text)))) {
    options.emit?.({ kind: 'warning', step: 'project', problem });
  }
  return project;
}

function problemsOf(findings: readonly Finding[], text: YamlText): readonly Problem[] {
  return findings.map((finding) => placed(finding, text));
}

/** The first problems, and how many there are beside them. */
function atMost(problems: readonly Problem[]): readonly Problem[] {
  const { most } = limits.project.told;
  const next = problems[most];
  if (next === undefined) return problems;
  const what = `from here on there are ${problems.length - most} problems more`;
  const rest = {
    what,
    ...(next.where === undefined ? {} : { where: next.where }),
    next: 'Mend those above first.',
  };
  return [...problems.slice(0, most), rest];
}

function samePorts({ target }: Project, text: YamlText): Problem {
  const what = `the target \`${target.name}\` has ${target.ports.http} as its port for http and for https`;
  return {
    what,
    where: text.place(['targets', target.name, 'ports'], 'key'),
    next: 'Give them different ports.',
  };
}
