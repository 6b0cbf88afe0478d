import type { Event, StepName } from '../core/event.ts';
import { clean, cut, type Look, styled } from './render/look.ts';

/** A piece of work, when it began and how long it took; in seconds since the process began. */
export interface Span {
  readonly step: StepName | 'tool';
  /** Empty for the step as a whole. */
  readonly task: string;
  readonly start: number;
  readonly seconds: number;
}

/** Collects when the work began and ended that events tell of; `monotonic` counts milliseconds of this process. */
export interface Stopwatch {
  event(event: Event): void;
  /** What was seen so far, in the order of beginning; a step before its tasks. */
  spans(): readonly Span[];
}

export function stopwatch(monotonic: () => number): Stopwatch {
  const loaded = monotonic() / 1000;
  const ended: Span[] = [{ step: 'tool', task: 'load itself', start: 0, seconds: loaded }];
  // Objects are told of one by one, without a duration: from the first to the last of a step is what there is.
  const applied = new Map<StepName, { count: number; first: number; last: number }>();
  // Told of without a duration too: they take from the begin of their step on.
  const begun = new Map<StepName, number>();
  const sinceBegin = (step: StepName, task: string) => {
    const now = monotonic() / 1000;
    add(step, task, rounded(now - (begun.get(step) ?? now)));
  };
  const add = (step: StepName, task: string, seconds: number) => {
    ended.push({ step, task, start: Math.max(0, rounded(monotonic() / 1000 - seconds)), seconds });
  };
  return {
    event(event) {
      if (event.kind === 'step-done') add(event.step, '', event.seconds);
      else if (event.kind === 'task-done') add(event.step, event.task, event.seconds);
      else if (event.kind === 'image-ready') add(event.step, `${event.image} (${event.why})`, event.seconds);
      else if (event.kind === 'step-started') begun.set(event.step, monotonic() / 1000);
      else if (event.kind === 'planned') add(event.step, 'plan', event.seconds);
      else if (event.kind === 'vulnerabilities-looked-up')
        sinceBegin(event.step, 'look for known vulnerabilities');
      else if (event.kind === 'credentials-looked-for') sinceBegin(event.step, 'look for credentials');
      else if (event.kind === 'object-applied') {
        const now = monotonic() / 1000;
        const seen = applied.get(event.step) ?? { count: 0, first: now, last: now };
        applied.set(event.step, { count: seen.count + 1, first: seen.first, last: now });
      }
    },
    spans() {
      const groups = [...applied].map(([step, { count, first, last }]) => ({
        step,
        task: `compare and apply ${count} objects`,
        start: first,
        seconds: last - first,
      }));
      const whole = (span: Span) => (span.task === '' ? 0 : 1);
      return [...ended, ...groups].sort((one, other) => one.start - other.start || whole(one) - whole(other));
    },
  };
}

const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000;

/** A line for each span: seconds from the start, how long, what, and where in the whole it lies. */
export function timingsText(spans: readonly Span[], total: number, look: Look): string {
  const wide = 48;
  const room = Math.max(10, Math.min(60, look.columns - wide - 22));
  const lines = spans.map(({ step, task, start, seconds }) => {
    const from = Math.min(room - 1, Math.floor((start / total) * room));
    const length = Math.max(1, Math.min(room - from, Math.round((seconds / total) * room)));
    const bar = `${' '.repeat(from)}${(task === '' ? '━' : '─').repeat(length)}`;
    const name = cut(task === '' ? step : `${step}: ${clean(task)}`, wide).padEnd(wide);
    const figures = `${start.toFixed(2).padStart(8)} ${seconds.toFixed(2).padStart(8)}`;
    return `  ${figures}  ${task === '' ? styled(look, 'bold', name) : name}  ${styled(look, 'cyan', bar)}`;
  });
  const head = `  ${'begins'.padStart(8)} ${'seconds'.padStart(8)}`;
  return ['', styled(look, 'dim', head), ...lines, ''].join('\n');
}
