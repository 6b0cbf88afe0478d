import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Emit } from '../core/event.ts';
import { type Problem, UserMistake } from '../core/failure.ts';
import { contradictions, doubts } from './check.ts';
import { chooseTarget } from './choose-target.ts';
import { findingsOf } from './diagnose.ts';
import { type Finding, inOrder, placed } from './finding.ts';
import { outlineOf } from './outline.ts';
import { overridesFrom } from './overrides.ts';
import type { Project } from './project.ts';
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
  const text = readYaml(await readProjectFile(file), options.shownAs ?? file);
  if (text.problems.length > 0) throw new UserMistake(inOrder(text.problems));
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
  const problems = [...problemsOf(findings, text), ...wrongOverrides];
  if (problems.length > 0 || !parsed.success || 'finding' in choice) throw new UserMistake(problems);

  const project = resolveProject(parsed.data, {
    folder,
    targetName: choice.name,
    overrides,
    contents: around.contents,
  });
  const { http, https } = project.target.ports;
  if (http === https) throw new UserMistake(samePorts(project, text));
  for (const problem of problemsOf(doubts(outline), text)) {
    options.emit?.({ kind: 'warning', step: 'project', problem });
  }
  return project;
}

function problemsOf(findings: readonly Finding[], text: YamlText): readonly Problem[] {
  return inOrder(findings.map((finding) => placed(finding, text)));
}

function samePorts({ target }: Project, text: YamlText): Problem {
  const what = `the target \`${target.name}\` has ${target.ports.http} as its port for http and for https`;
  return {
    what,
    where: text.place(['targets', target.name, 'ports'], 'key'),
    next: 'Give them different ports.',
  };
}

async function readProjectFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const next = 'Write one with `ptp init`, or say where it is with --file.';
      throw new UserMistake({ what: `there is no file ${file}`, next });
    }
    if (code === 'EISDIR')
      throw new UserMistake({ what: `${file} is a folder`, next: `Name the file: ${file}/ptp.yaml` });
    if (code === 'EACCES')
      throw new UserMistake({ what: `${file} may not be read`, next: 'Change its rights.' });
    throw error;
  }
}
