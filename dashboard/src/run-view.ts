import type { TrafficSnapshot } from '../../path/src/core/handover.ts';
import type { RunLine } from '../../path/src/operate/runs.ts';

/** One step of a run as people see it. */
export interface StepView {
  readonly name: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly text: string;
  readonly seconds?: number;
  /** What happens in it now, by task. */
  readonly tasks: Readonly<Record<string, string>>;
}

/** A run of `up` or `rollback`, as far as it is. */
export interface RunView {
  readonly command: string;
  readonly begun: string;
  readonly ended?: { readonly at: string; readonly ok: boolean; readonly problems: readonly string[] };
  readonly steps: readonly StepView[];
  /** What the measured traffic has seen, about once a second. */
  readonly traffic: readonly TrafficSnapshot[];
  readonly changes: readonly { readonly object: string; readonly change: string }[];
}

/** A run with more lines of its journal. Pure. */
export function withLines(run: RunView | undefined, lines: readonly RunLine[]): RunView | undefined {
  return lines.reduce<RunView | undefined>(withLine, run);
}

function withLine(run: RunView | undefined, line: RunLine): RunView | undefined {
  if (line.kind === 'begun')
    return { command: line.command, begun: line.at, steps: [], traffic: [], changes: [] };
  if (run === undefined) return undefined;
  if (line.kind === 'ended') {
    const problems = (line.problems ?? []).map(({ what }) => what);
    const steps = run.steps.map((step) =>
      step.state === 'running'
        ? { ...step, state: line.ok ? ('done' as const) : ('failed' as const), tasks: {} }
        : step,
    );
    return { ...run, steps, ended: { at: line.at, ok: line.ok, problems } };
  }
  const { event } = line;
  switch (event.kind) {
    case 'step-started':
      return withStep(run, event.step, (step) => ({ ...step, state: 'running', text: event.text }));
    case 'step-done':
      return withStep(run, event.step, (step) => ({
        ...step,
        state: 'done',
        text: event.text,
        seconds: event.seconds,
        tasks: {},
      }));
    case 'progress': {
      const seen = withStep(run, event.step, (step) => ({
        ...step,
        tasks: { ...step.tasks, [event.task]: event.text },
      }));
      return event.traffic === undefined ? seen : { ...seen, traffic: [...seen.traffic, event.traffic] };
    }
    case 'task-done':
      return withStep(run, event.step, (step) => {
        const { [event.task]: _, ...tasks } = step.tasks;
        return { ...step, tasks };
      });
    case 'traffic-measured':
      return { ...run, traffic: [...run.traffic, event.result] };
    case 'object-applied':
      return event.change === 'unchanged'
        ? run
        : { ...run, changes: [...run.changes, { object: event.object, change: event.change }] };
    default:
      return run;
  }
}

function withStep(run: RunView, name: string, change: (step: StepView) => StepView): RunView {
  const known = run.steps.some((step) => step.name === name);
  const steps = known ? run.steps : [...run.steps, { name, state: 'running' as const, text: '', tasks: {} }];
  return { ...run, steps: steps.map((step) => (step.name === name ? change(step) : step)) };
}
