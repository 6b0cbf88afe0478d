import type { Change, Event, Planned } from '../../core/event.ts';
import type { Look } from './look.ts';
import { planCount, planLines } from './plan-lines.ts';
import { problemLines } from './problem.ts';
import type { Renderer } from './renderer.ts';
import { changesText, wording } from './wording.ts';

/** How long a task's progress stays silent after a line about it, in milliseconds. */
const silence = 5_000;

/**
 * Plain lines for logs and pipes: nothing is drawn over, and progress comes at most every few seconds for a task.
 */
export function linesRenderer(look: Look): Renderer {
  const spokenAt = new Map<string, number>();
  const counts = new Map<string, Map<Change, number>>();

  const text = (event: Event, at: number): string | undefined => {
    if (event.kind === 'warning') return undefined;
    if (event.kind === 'progress') {
      const key = `${event.step}/${event.task}`;
      const last = spokenAt.get(key);
      if (last !== undefined && at - last < silence) return undefined;
      spokenAt.set(key, at);
    }
    if (event.kind === 'task-done') spokenAt.delete(`${event.step}/${event.task}`);
    if (event.kind === 'object-applied') count(counts, event.step, event.change);
    if (event.kind !== 'step-done') return wording(event);
    const applied = changesText(counts.get(event.step) ?? new Map());
    counts.delete(event.step);
    return applied === '' ? wording(event) : `${wording(event)}: ${applied}`;
  };

  return {
    event(event, at) {
      if (event.kind === 'warning') return `${problemLines(event.problem, look, 'warning').join('\n')}\n`;
      const said = text(event, at);
      if (event.kind === 'planned') {
        const lines = [`plan: ${planCount(event.changes, event.migrations)}`, ...planned(event, look)];
        return lines.map((line) => `${event.step.padEnd(stepWidth)}  ${line}\n`).join('');
      }
      return said === undefined ? '' : `${event.step.padEnd(stepWidth)}  ${said}\n`;
    },
    tick: () => '',
    pause: () => '',
    end: () => '',
  };
}

/** How many fields of an object a plan shows while things go on; `ptp plan` shows all. */
const mostFields = 4;

/** The lines of a plan below its first one. */
export function planned(event: Planned, look: Look): readonly string[] {
  return planLines(event.changes, event.migrations, look, mostFields).map((line) => `  ${line}`);
}

/** As wide as the longest step's name, so that the texts stand in a column. */
export const stepWidth = 'registry'.length;

/** Counts one more change of a step's. */
export function count(counts: Map<string, Map<Change, number>>, step: string, change: Change): void {
  const ofStep = counts.get(step) ?? new Map<Change, number>();
  ofStep.set(change, (ofStep.get(change) ?? 0) + 1);
  counts.set(step, ofStep);
}
