import { existsSync } from 'node:fs';
import { placeText, UserMistake } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import type { Check } from '../actions.ts';
import type { Command, Invocation } from '../command.ts';
import { type Look, styled } from '../render/look.ts';

/** `ptp doctor`: looks at everything, whatever it finds on the way. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'whether this machine has what the path needs',
  usage: 'doctor',
  options: {},
  words: 0,
  async run(invocation) {
    const { actions, session, output } = invocation;
    const { project, checks } = await projectChecks(invocation);
    const all = [...checks, ...(await actions.doctor(project, session))];
    const well = all.every(({ ok }) => ok);
    output.result({ kind: 'doctor', well, checks: all }, checksText(all, output.look));
    return well ? 0 : 1;
  },
};

/** A file with mistakes is a finding like any other: the machine is looked at all the same. */
async function projectChecks({
  file,
  load,
}: Invocation): Promise<{ project?: Project; checks: readonly Check[] }> {
  const name = 'ptp.yaml';
  if (!existsSync(file)) {
    return {
      checks: [{ name, ok: false, found: `there is no ${file}`, next: 'Write one with `ptp init`.' }],
    };
  }
  try {
    const project = await load();
    const count = `${project.components.length} components, ${project.services.length} services`;
    return { project, checks: [{ name, ok: true, found: `${project.name}: ${count}` }] };
  } catch (error) {
    if (!(error instanceof UserMistake)) throw error;
    const checks = error.problems.map(({ what, where, next }) => ({
      name,
      ok: false,
      found: where === undefined ? what : `${placeText(where)}: ${what}`,
      ...(next === undefined ? {} : { next }),
    }));
    return { checks };
  }
}

/** The checks for people: what is missing comes with what to do. */
export function checksText(checks: readonly Check[], look: Look): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, ok, found, next }) => {
    const mark = ok ? styled(look, 'green', '✔') : styled(look, 'red', '✘');
    const hint = ok || next === undefined ? [] : [`${' '.repeat(width + 4)}${styled(look, 'yellow', next)}`];
    return [`${mark} ${name.padEnd(width)}  ${found}`, ...hint];
  });
  const missing = checks.filter(({ ok }) => !ok).length;
  const verdict = missing === 0 ? 'All is there.' : `${missing} of ${checks.length} to mend.`;
  return [...lines, '', verdict, ''].join('\n');
}
